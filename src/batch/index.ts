/** Many generations from a file: OpenAI's batch format in, its result format out. */
export { BatchError } from './errors'
export { type Progress, type ProgressView, progressText, showProgress } from './progress'
export { type BatchOptions, type BatchSummary, runBatch } from './run'
