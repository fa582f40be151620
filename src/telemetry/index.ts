export { type LoggedAttempt, logAttempt } from './attempt-line'
export { faultFields } from './fault-fields'
export { createLogger, type LoggerOptions } from './logger'
export { temporalLogger } from './temporal-logger'
