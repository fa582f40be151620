export { type AttemptLine, logAttempt } from './attempt-line'
export { createLogger, type LoggerOptions } from './logger'
export { temporalLogger } from './temporal-logger'
