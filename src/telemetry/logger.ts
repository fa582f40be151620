/**
 * Logs: JSON lines on stderr.
 *
 * LOGGER-1 A line is content-free: no text of a prompt or an answer, and none that a provider wrote, for a
 *    provider may repeat the prompt. Those stand in the attempt records, behind Temporal's access rules.
 * LOGGER-2 A secret that finds its way into a logged object is censored by its field's name.
 */
import { type DestinationStream, destination, type Level, type Logger, pino, stdTimeFunctions } from 'pino'

const SECRET_FIELDS = [
  'authorization',
  'Authorization',
  'x-api-key',
  'api-key',
  'apiKey',
  'proxy-authorization',
]

/** A field of the line itself, of an object in it, or of one in that (`request.headers.authorization`). */
const redactPaths = SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`])

export interface LoggerOptions {
  level?: Level | 'silent'
  name?: string
  /** stderr unless given. */
  output?: DestinationStream
}

/**
 * A logger. `level` defaults to `info`. Lines are written at once, so that a crash loses none: there is
 * about one per call to a provider.
 */
export const createLogger = ({ level = 'info', name = 'holdfast', output }: LoggerOptions = {}): Logger =>
  pino(
    {
      level,
      name,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: redactPaths,
    },
    output ?? destination({ dest: 2, sync: true }),
  )
