export type { PendingCall } from './attempts'
export { type HistorySource, type PayloadReader, readPlainPayload } from './events'
export { type ReadOptions, readRun } from './read-run'
export type * from './types'
