/**
 * `previous_response_id`: an earlier request with its answer, in front of a new one.
 *
 * CONVERSATION-1 As OpenAI has it, the instructions of an earlier request are not carried on; all else is, what it had carried
 *    on itself included.
 */
import type { AssistantMessage, Message, SystemMessage } from '../../../domain/request/request'
import type { Answer } from '../../../domain/streaming/answer'

const isOnlyHere = (message: Message): message is SystemMessage =>
  message.role === 'system' && message.onlyHere === true

type Said = Pick<Answer, 'text' | 'toolCalls' | 'opaque'>

const saidIn = ({ text, toolCalls, opaque }: Said): AssistantMessage => ({
  role: 'assistant',
  content: text,
  ...(toolCalls.length === 0 ? {} : { toolCalls }),
  ...(opaque === undefined ? {} : { opaque }),
})

export const continuedFrom = (
  earlier: readonly Message[],
  answer: Said,
  messages: readonly Message[],
): Message[] => [
  ...messages.filter(isOnlyHere),
  ...earlier.filter((message) => !isOnlyHere(message)),
  saidIn(answer),
  ...messages.filter((message) => !isOnlyHere(message)),
]
