/** One logger per process: JSON lines on stderr, without content. */
import pino, { type DestinationStream, type Logger } from 'pino'

export interface LoggerOptions {
  /** Default: HOLDFAST_LOG_LEVEL, or `info`. */
  level?: string
  /** Default: stderr. */
  destination?: DestinationStream
}

/** Nothing of the kind is logged on purpose; this is the net below. */
const SECRETS = [
  'authorization',
  'apiKey',
  'key',
  '*.authorization',
  '*["x-api-key"]',
  '*["api-key"]',
  '*.apiKey',
]

const STDERR = 2

export const createLogger = ({ level, destination }: LoggerOptions = {}): Logger =>
  pino(
    {
      level: level ?? process.env.HOLDFAST_LOG_LEVEL ?? 'info',
      base: { service: 'holdfast' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRETS, censor: '[secret]' },
    },
    destination ?? pino.destination({ fd: STDERR, sync: true }),
  )
