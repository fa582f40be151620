/** The framing of server-sent events. */

/** The end of a stream in OpenAI's dialect. */
export const SSE_DONE = 'data: [DONE]\n\n'

/** One event without a name; `id` is what a reader sends back as `Last-Event-ID`. */
export const sseData = (value: unknown, id?: string | number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(value)}\n\n`

/** One event under the name that its `type` says, as Anthropic's clients want it. */
export const sseTyped = (event: { type: string }): string => `event: ${event.type}\n${sseData(event)}`

/**
 * Keeps a silent stream alive. No blank line ends it: the official Python client makes an event of each blank line once
 * it has seen an `id`, also of one without data, and breaks at it. Every reader by the standard passes over a comment,
 * wherever its line stands.
 */
export const SSE_COMMENT = ': ping\n'
