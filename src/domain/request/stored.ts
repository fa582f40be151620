/**
 * A large request stands in the payload store but for its outline, which the workflow goes by: it schedules calls, and reads
 * no messages.
 *
 * STORED-1 An outline says of the messages what plans and estimates need: how long they are, and whether they hold images.
 * STORED-2 Only a worker makes a whole request of an outline, for the call that sends it.
 */
import { inputTokensOf } from '../routing/spent'
import { charactersAndImages } from './measures'
import type { EmbedInput, GenerationRequest, Message, StoredContent } from './request'

/** What of a request stands in the store. */
export interface Content {
  messages: Message[]
  /** Of a request for vectors. Absent: it is none. */
  input?: EmbedInput[] | undefined
}

export const contentOf = ({ messages, task }: GenerationRequest): Content => ({
  messages,
  ...(task?.type === 'embed' ? { input: task.input } : {}),
})

/** STORED-1 */
export function outlineOf(
  request: GenerationRequest,
  place: Pick<StoredContent, 'store' | 'key' | 'bytes'>,
): GenerationRequest {
  const { task } = request
  const stored = { ...place, ...charactersAndImages(request), inputTokens: inputTokensOf(request) }
  return {
    ...request,
    messages: [],
    ...(task?.type === 'embed' ? { task: { ...task, input: [] } } : {}),
    stored,
  }
}

/** STORED-2 */
export function wholeOf(
  { stored: _stored, ...outline }: GenerationRequest,
  { messages, input }: Content,
): GenerationRequest {
  const { task } = outline
  return {
    ...outline,
    messages,
    ...(task?.type === 'embed' ? { task: { ...task, input: input ?? [] } } : {}),
  }
}
