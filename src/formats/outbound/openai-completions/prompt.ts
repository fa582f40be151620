/**
 * A chat as one plain prompt. A single user message is the prompt as it is. Anything longer gets headings:
 *
 *   ### System:
 *   Be brief.
 *
 *   ### User:
 *   Hello
 *
 *   ### Assistant:
 *
 * and a stop at the next user's heading, or the model would go on to write the user's part as well.
 * A last message from the assistant is gone on from: nothing is put behind it.
 */
import type { Message, UserPart } from '../../../domain/request/request'

const HEADINGS = {
  system: '### System:',
  user: '### User:',
  assistant: '### Assistant:',
  tool: '### Tool:',
} as const

const textOf = (content: string | readonly UserPart[]): string =>
  typeof content === 'string'
    ? content
    : content.map((part) => (part.type === 'text' ? part.text : '')).join('')

export interface Prompt {
  text: string
  /** Where the template needs one: the text at which the model must stop. */
  stop: string | null
}

/** Takes messages without images and tools (those were refused before). */
export const promptOf = (messages: readonly Message[]): Prompt => {
  const [first, ...rest] = messages
  if (first?.role === 'user' && rest.length === 0) return { text: textOf(first.content), stop: null }
  const turns = messages.map((message) => `${HEADINGS[message.role]}\n${textOf(message.content)}`)
  const open = messages.at(-1)?.role === 'assistant' ? [] : [`${HEADINGS.assistant}\n`]
  return { text: [...turns, ...open].join('\n\n'), stop: `\n${HEADINGS.user}` }
}
