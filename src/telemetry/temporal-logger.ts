/**
 * Temporal's logger on top of ours: the workflow's own lines (`log.info('fallback', …)`) come through
 * with what they say; of the SDK's lines those that are of use to an operator: what it logs at `info` is not.
 *
 * TEMPORAL-LOGGER-1 The SDK's trace lines hold whole payloads, prompts among them: they are dropped at any
 *    level (LOGGER-1).
 * TEMPORAL-LOGGER-2 Nothing nested is written, and an error only by its type: its message and details may
 *    hold content.
 *    Lines of the SDK's core are cut down further (core-line.ts).
 * TEMPORAL-LOGGER-3 An expected end is logged once, by our own lines: the SDK's lines about failed activities
 *    and workflows pass only where something else than an expected failure ended them.
 */
import type { Logger as TemporalLogger } from '@temporalio/common'
import type { Level, Logger } from 'pino'
import { GENERATION_FAILED } from '../contract/generation'
import { FAILURE_CLASSES } from '../domain/failures/failure'
import { coreFields, coreMessage } from './core-line'

type Meta = Record<string | symbol, unknown>
type TemporalLevel = Parameters<TemporalLogger['log']>[0]

const EXPECTED: ReadonlySet<string> = new Set([GENERATION_FAILED, 'CancelledFailure', ...FAILURE_CLASSES])

const LEVELS: Record<Exclude<TemporalLevel, 'TRACE'>, Level> = {
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
}

/**
 * Logged when a workflow throws an ApplicationFailure (anything else fails the task, and is logged as such).
 * The error comes from the workflow's own thread without its type, so that it can't be looked at.
 */
const WORKFLOW_FAILED = 'Workflow failed'

/** For `Runtime.install({ logger })`. */
export const temporalLogger = (logger: Logger): TemporalLogger => {
  const log = (level: TemporalLevel, message: string, meta: Meta = {}): void => {
    if (level === 'TRACE' || message === WORKFLOW_FAILED || isExpected(meta.error)) return
    if (meta.sdkComponent === 'core') {
      logger[level === 'INFO' ? 'debug' : LEVELS[level]](coreFields(meta), coreMessage(message))
      return
    }
    // A line of the SDK's own.
    const quiet = level === 'INFO' && meta.sdkComponent === 'worker'
    logger[quiet ? 'debug' : LEVELS[level]](fieldsOf(meta), message)
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

const isExpected = (error: unknown): boolean => error instanceof Error && EXPECTED.has(typeOf(error))

const fieldsOf = (meta: Meta): { [name: string]: unknown } => {
  const fields: { [name: string]: unknown } = {}
  for (const [name, value] of Object.entries(meta)) {
    if (value instanceof Error) fields[name] = SAYS_NO_CONTENT.has(value.name) ? value.message : typeOf(value)
    else if (isPlain(value)) fields[name] = value
  }
  return fields
}

/** Their messages name a key's id and what to do. Those of others may quote what they failed on. */
const SAYS_NO_CONTENT: ReadonlySet<string> = new Set(['PayloadUnreadableError'])

/** An ApplicationFailure's type, else the class of the error. */
const typeOf = (error: Error): string =>
  'type' in error && typeof error.type === 'string' ? error.type : error.name

const isPlain = (value: unknown): boolean => value === null || /^(string|number|boolean)$/.test(typeof value)
