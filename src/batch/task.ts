/** One line of the input -> what is to be done with it. A line at fault is a task as well: it gets its line in the result. */
import { HoldfastError, invalidRequest } from '../contract/errors'
import { type FormatRequest, parseChatRequest } from '../formats/inbound'
import { type Line, MAX_LINE_BYTES, textOf } from './lines'
import type { ResultLine } from './result-line'

export const BATCH_URL = '/v1/chat/completions'

export interface Task {
  /** `batch-<hash of the file>-<line>`: of the generation, too. */
  id: string
  /** null: the line has none. */
  customId: string | null
  work:
    | { type: 'generate'; request: FormatRequest }
    /** Its body can't be sent. */
    | { type: 'refuse'; error: HoldfastError }
    /** It is no line of a batch. */
    | { type: 'unreadable'; message: string }
    /** An earlier run has its answer. */
    | { type: 'known'; line: ResultLine }
}

export interface TaskOptions {
  /** Of the whole file. */
  hash: string
  /** For lines that name none: of each generation, as text. */
  deadline?: string | undefined
}

/** To be called with each line, in order: it remembers the `custom_id`s, nothing else. */
export function createTasks({ hash, deadline }: TaskOptions): (line: Line) => Task {
  const seen = new Map<string, number>()
  return (line) => {
    const id = `batch-${hash}-${line.number}`
    const read = readEnvelope(line)
    if (!read.ok) return { id, customId: read.customId, work: { type: 'unreadable', message: read.message } }
    const { customId, body } = read
    const before = seen.get(customId)
    if (before !== undefined) {
      const message = `custom_id ${JSON.stringify(customId)} stands in line ${before} already`
      return { id, customId, work: { type: 'unreadable', message } }
    }
    seen.set(customId, line.number)
    return { id, customId, work: workOf(body, deadline) }
  }
}

type Envelope =
  | { ok: true; customId: string; body: unknown }
  | { ok: false; customId: string | null; message: string }

function readEnvelope({ bytes }: Line): Envelope {
  const parsed = parse(bytes)
  if (typeof parsed === 'string') return { ok: false, customId: null, message: parsed }
  const { custom_id: given, method, url, body } = parsed.fields
  const customId = typeof given === 'string' && given !== '' ? given : null
  const fault = (message: string): Envelope => ({ ok: false, customId, message })
  if (customId === null)
    return fault('custom_id is missing: a text that distinguishes this line from all others')
  if (method !== 'POST') return fault('method: write "POST"')
  if (url !== BATCH_URL) return fault(`url: write "${BATCH_URL}"`)
  return { ok: true, customId, body }
}

/** The fields, or what is wrong. */
function parse(bytes: Buffer | null): { fields: { [name: string]: unknown } } | string {
  if (bytes === null) return `longer than ${MAX_LINE_BYTES} bytes`
  const text = textOf(bytes)
  if (text === null) return 'not UTF-8'
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object'
    return { fields: value as { [name: string]: unknown } }
  } catch {
    return 'not JSON'
  }
}

function workOf(body: unknown, deadline: string | undefined): Task['work'] {
  try {
    const { request, stream } = parseChatRequest(body)
    if (stream) throw invalidRequest('stream: a batch has nobody to stream to; leave it out')
    if (deadline === undefined || request.override?.deadline !== undefined)
      return { type: 'generate', request }
    return { type: 'generate', request: { ...request, override: { ...request.override, deadline } } }
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    return { type: 'refuse', error }
  }
}
