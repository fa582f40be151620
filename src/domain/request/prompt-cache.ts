/**
 * Marks for the provider's prompt cache, where the route sets them (`promptCache`) and the caller has set none: behind the
 * tools, behind the instructions, and behind what came last. The next turn of the conversation finds all of it there.
 */
import type { JsonObject } from './json'
import type { Cacheable, GenerationRequest, Message, UserPart } from './request'

/** `long`: kept for longer, at a higher price (Anthropic: an hour). Absent in a route: no marks but the caller's. */
export type PromptCache = 'short' | 'long'

const isMarked = ({ cacheControl }: Cacheable): boolean => cacheControl !== undefined

const partsOf = ({ content }: Message): readonly UserPart[] => (typeof content === 'string' ? [] : content)

/** Has the caller set any, on whatever it may be? */
export const hasMarks = ({ messages, tools = [] }: Pick<GenerationRequest, 'messages' | 'tools'>): boolean =>
  tools.some(isMarked) ||
  messages.some((message) => isMarked(message as Cacheable) || partsOf(message).some(isMarked))

const MARKS: { readonly [kind in PromptCache]: JsonObject } = {
  short: { type: 'ephemeral' },
  long: { type: 'ephemeral', ttl: '1h' },
}

const withLast = <T>(list: readonly T[], isIt: (one: T) => boolean, change: (one: T) => T): T[] => {
  const at = list.findLastIndex(isIt)
  return list.map((one, index) => (index === at ? change(one) : one))
}

function marked(message: Message, mark: Cacheable): Message {
  if (message.role !== 'user') return { ...message, ...mark }
  const { content } = message
  const parts: UserPart[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  return {
    ...message,
    content: withLast(
      parts,
      () => true,
      (part) => ({ ...part, ...mark }),
    ),
  }
}

/** Nothing of the caller's is changed: marks of its own are all that there are. */
export function withMarks<T extends Pick<GenerationRequest, 'messages' | 'tools'>>(
  request: T,
  kind: PromptCache,
): T {
  if (hasMarks(request)) return request
  const mark = { cacheControl: MARKS[kind] }
  const { messages, tools } = request
  const instructed = withLast(
    messages,
    ({ role }) => role === 'system',
    (message) => marked(message, mark),
  )
  return {
    ...request,
    messages: withLast(
      instructed,
      ({ role }) => role === 'user' || role === 'tool',
      (message) => marked(message, mark),
    ),
    ...(tools === undefined
      ? {}
      : {
          tools: withLast(
            tools,
            () => true,
            (tool) => ({ ...tool, ...mark }),
          ),
        }),
  }
}
