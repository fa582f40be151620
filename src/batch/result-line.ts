/** The lines of the result file: OpenAI's shape. One of ours is known again by its id. */
import type { HoldfastError } from '../contract/errors'
import { type Answered, chatCompletion, chatError } from '../formats/inbound'
import type { Task } from './task'

export interface ResultLine {
  /** With its newline. */
  text: string
  failed: boolean
}

type Named = Pick<Task, 'id' | 'customId'>

/** `id` goes first: a line that was cut is known by its beginning. */
function resultLine({ id, customId }: Named, response: object | null, error: object | null): ResultLine {
  const line = { id, custom_id: customId, response, error }
  return { text: `${JSON.stringify(line)}\n`, failed: error !== null }
}

export const answeredLine = (task: Named, result: Answered): ResultLine =>
  resultLine(task, { status_code: 200, request_id: result.id, body: chatCompletion(result) }, null)

/** As HTTP would have said it; `error` too, so that no reader takes it for an answer. */
export function failedLine(task: Named, error: HoldfastError): ResultLine {
  const { status, body } = chatError(error)
  const { code, message } = body.error
  return resultLine(task, { status_code: status, request_id: task.id, body }, { code, message })
}

/** Nothing was sent: there is no answer to show. */
export const unreadableLine = (task: Named, message: string): ResultLine =>
  resultLine(task, null, { code: 'invalid_line', message })

const beginning = (id: string): string => `{"id":${JSON.stringify(id)},`

/** Is it the whole line of this task? null: no. */
export function readResultLine(text: string, { id, customId }: Named): ResultLine | null {
  if (!text.startsWith(beginning(id))) return null
  try {
    const line = JSON.parse(text)
    return line.custom_id === customId ? { text: `${text}\n`, failed: line.error !== null } : null
  } catch {
    return null
  }
}

/** Could these bytes be a beginning of this task's line? */
export function isCutLine(bytes: Buffer, { id }: Named): boolean {
  const wanted = beginning(id)
  const start = bytes.subarray(0, wanted.length).toString('latin1')
  return wanted.startsWith(start)
}
