/** What the property tests draw from: any request that a format writes without loss. */
import fc from 'fast-check'
import type { GenerationRequest, Message, Params, Tool, UserPart } from '../../../src/domain/request/request'

/** Blanks alone say nothing, and are left out on the way. */
const text = fc.string({ minLength: 1, unit: 'grapheme' }).filter((one) => one.trim() !== '')
const id = fc.stringMatching(/^[a-z]{1,9}$/)
const json = fc.dictionary(id, fc.oneof(text, fc.integer(), fc.boolean()), { noNullPrototype: true })

const part: fc.Arbitrary<UserPart> = fc.oneof(
  text.map((one) => ({ type: 'text' as const, text: one })),
  id.map((name) => ({ type: 'image' as const, url: `https://example.com/${name}.png` })),
  fc.constant({ type: 'image' as const, data: 'iVBORw0KGgo=', mediaType: 'image/png' }),
)

/** A lone text is text, in the one way that both spellings are read. */
const content = fc.oneof(text, fc.array(part, { minLength: 2, maxLength: 4 }))

const calls = fc.uniqueArray(fc.record({ id, name: id, arguments: json }), {
  minLength: 1,
  maxLength: 3,
  selector: (call) => call.id,
})

/** One turn: what the user says, what the assistant answers, with or without tools. */
const turn: fc.Arbitrary<Message[]> = fc
  .record({ content, answer: text, toolCalls: fc.option(calls) })
  .map(({ content: said, answer, toolCalls }): Message[] => {
    const user: Message = { role: 'user', content: said }
    if (toolCalls === null) return [user, { role: 'assistant', content: answer }]
    const results = toolCalls.map((call): Message => ({ role: 'tool', toolCallId: call.id, content: answer }))
    return [
      user,
      { role: 'assistant', content: '', toolCalls },
      ...results,
      { role: 'assistant', content: answer },
    ]
  })

/** An id that comes again would get another one. */
const numbered = (messages: Message[], nth: number): Message[] =>
  messages.map((message): Message => {
    if (message.role === 'tool') return { ...message, toolCallId: `${message.toolCallId}${nth}` }
    if (message.role !== 'assistant' || !message.toolCalls) return message
    return { ...message, toolCalls: message.toolCalls.map((call) => ({ ...call, id: `${call.id}${nth}` })) }
  })

const tool: fc.Arbitrary<Tool> = fc
  .record({ name: id, description: text })
  .map((one) => ({ ...one, parameters: { type: 'object', properties: {} } }))

/** Anthropic has no seed, and temperatures up to 1. */
const params = (dialect: string): fc.Arbitrary<Params> => {
  const shared = {
    maxTokens: fc.integer({ min: 1, max: 9_000 }),
    temperature: fc.double({ min: 0, max: 1, noNaN: true }).map((one) => (one === 0 ? 0 : one)),
    topP: fc.double({ min: 0.1, max: 1, noNaN: true }),
    stop: fc.array(text, { minLength: 1, maxLength: 3 }),
    reasoningEffort: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
  }
  const own = dialect === 'openai-chat' ? { ...shared, seed: fc.integer() } : shared
  return fc.record(own, { requiredKeys: [] })
}

/** Whoever has used tools offers some: else those of the history are named. */
function offered(tools: Tool[] | null, history: Message[]): Pick<GenerationRequest, 'tools' | 'toolChoice'> {
  const used = history.some(({ role }) => role === 'tool')
  const given = tools ?? (used ? [{ name: 'f', parameters: { type: 'object', properties: {} } }] : null)
  return given === null ? {} : { tools: given, toolChoice: 'required' }
}

export const anyRequest = (dialect: string): fc.Arbitrary<GenerationRequest> =>
  fc
    .record({
      system: fc.option(text),
      turns: fc.array(turn, { maxLength: 3 }),
      last: content,
      params: params(dialect),
      tools: fc.option(fc.uniqueArray(tool, { minLength: 1, maxLength: 3, selector: ({ name }) => name })),
    })
    .map(({ system, turns, last, params: chosen, tools }) => ({
      messages: [
        ...(system === null ? [] : [{ role: 'system' as const, content: system }]),
        ...turns.flatMap(numbered),
        { role: 'user' as const, content: last },
      ],
      params: chosen,
      ...offered(tools, turns.flat()),
    }))
