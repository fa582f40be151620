/** Temporal's own log lines, and those of our workflows, through our logger. */
import type { LogLevel, LogMetadata, Logger as TemporalLogger } from '@temporalio/common'
import type { Logger } from 'pino'

const LEVELS = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const satisfies Record<LogLevel, string>

/** Said of every failed attempt and every failed generation: our own lines say it, without the stack. */
const SAID_ALREADY: ReadonlySet<string> = new Set([
  'Activity failed',
  'Workflow failed',
  'Activity completed',
  'Workflow completed',
])

/** Our own lines carry `event` and need nothing of Temporal's envelope. */
const ENVELOPE: ReadonlySet<string> = new Set([
  'sdkComponent',
  'taskQueue',
  'namespace',
  'runId',
  'workflowId',
  'workflowType',
  'timestampNanos',
])

export function temporalLogger(logger: Logger): TemporalLogger {
  const log = (level: LogLevel, message: string, meta: LogMetadata = {}): void => {
    if (SAID_ALREADY.has(message)) return
    const own = meta.event !== undefined
    const fields = own
      ? Object.fromEntries(Object.entries(meta).filter(([name]) => !ENVELOPE.has(name)))
      : meta
    logger[LEVELS[level]](fields, message)
  }
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  }
}
