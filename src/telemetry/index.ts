export { type LoggedAttempt, logAttempt } from './attempt-line'
export { createLogger, type LoggerOptions } from './logger'
export { temporalLogger } from './temporal-logger'
