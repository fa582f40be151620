/** Providers' prompt caches go by bytes: a conversation that goes on begins with the bytes that it had before. */
import fc from 'fast-check'
import type { JsonObject, JsonValue } from '../../../src/domain/request/json'
import type { Message } from '../../../src/domain/request/request'
import { wireFormat } from '../../../src/formats/outbound'
import { APIS } from '../../../src/formats/outbound/wire-format'

const text = fc.string({ minLength: 1, maxLength: 12 }).map((said) => `say ${said}`)
const parameters = { type: 'object', properties: { b: { type: 'string' }, a: { type: 'number' } } }
const tools = [
  { name: 'second', description: 'z before a', parameters },
  { name: 'first', parameters },
]

/** A user's words and what follows: an answer, or a call with its result. */
const exchange = fc
  .record({ asked: text, answered: text, calls: fc.boolean(), at: fc.nat() })
  .map(({ asked, answered, calls, at }): Message[] => {
    const id = `call_${at}`
    if (!calls)
      return [
        { role: 'user', content: asked },
        { role: 'assistant', content: answered },
      ]
    return [
      { role: 'user', content: [{ type: 'text', text: asked }] },
      {
        role: 'assistant',
        content: '',
        toolCalls: [{ id, name: 'first', arguments: { z: 1, a: answered } }],
      },
      { role: 'tool', toolCallId: id, content: answered },
    ]
  })

/** A mark, and how a lone text is written, are no part of what a cache goes by. */
const withoutMarks = (value: JsonValue): JsonValue => {
  if (Array.isArray(value)) return value.map(withoutMarks)
  if (typeof value !== 'object' || value === null) return value
  const { cache_control: _, ...rest } = value
  const content = rest.content
  const whole = typeof content === 'string' ? { ...rest, content: [{ type: 'text', text: content }] } : rest
  return Object.fromEntries(Object.entries(whole).map(([name, one]) => [name, withoutMarks(one)]))
}

const CHATS = APIS.filter((api) => api !== 'openai-completions')

it.each(CHATS)('%s: tools, instructions and all messages before the new ones', (api) => {
  const encoded = (messages: Message[]): { fixed: string; said: string[] } => {
    const outcome = wireFormat(api).encode({
      request: { messages: [{ role: 'system', content: 'Be brief.' }, ...messages], tools },
      provider: 'p',
      model: 'm',
      facts: {},
      stream: true,
      unsupportedParams: 'fail',
      promptCache: { kind: 'short', key: 'k' },
      takesMarks: true,
    })
    if (!outcome.ok) throw new Error(outcome.failure.message)
    const body = withoutMarks(outcome.value.body) as JsonObject
    const said = (body.messages ?? body.input ?? body.contents) as JsonValue[]
    return { fixed: JSON.stringify([body.tools, body.system]), said: said.map((one) => JSON.stringify(one)) }
  }
  const next: Message = { role: 'user', content: 'and now?' }
  fc.assert(
    fc.property(fc.array(exchange, { minLength: 1, maxLength: 4 }), exchange, (before, more) => {
      const one = encoded([...before.flat(), next])
      const other = encoded([...before.flat(), next, { role: 'assistant', content: 'This.' }, ...more.flat()])
      expect(other.fixed).toBe(one.fixed)
      expect(other.said.slice(0, one.said.length)).toEqual(one.said)
    }),
    { numRuns: 50 },
  )
})
