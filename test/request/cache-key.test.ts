/** The cache key: what means the same has the same one (CACHE-KEY-2), and everything that changes the output changes it (CACHE-KEY-1, CACHE-KEY-3). */
import fc from 'fast-check'
import { parseConfig } from '../../src/config'
import type { JsonObject, JsonValue } from '../../src/domain/request/json'
import type {
  AssistantMessage,
  GenerationRequest,
  Message,
  Params,
  Tool,
  ToolMessage,
} from '../../src/domain/request/request'
import type { Candidate, Route } from '../../src/domain/routing/route'
import { type CacheKeyInput, cacheKey } from '../../src/request/cache-key'
import { prepare } from '../../src/request/prepare'

const config = parseConfig(`
providers:
  a: { api: openai-chat, baseUrl: http://a.test/v1 }
  b: { api: anthropic-messages, baseUrl: http://b.test/v1 }
routes:
  r: { candidates: [{ target: a/m, params: { temperature: 0.5 } }, b/n] }
  s: { candidates: [{ target: a/m, params: { temperature: 0.5 } }, b/n] }
`)
const routeNamed = (name: string): Route => {
  const route = config.routes[name]
  if (route === undefined) throw new Error(`no route ${name}`)
  return route
}
const r = routeNamed('r')
const tool: Tool = { name: 'f', description: 'does', parameters: { type: 'object', properties: {} } }
const user = (content: string): Message => ({ role: 'user', content })
const base: GenerationRequest = { messages: [user('hi')] }
const rich: GenerationRequest = {
  messages: [
    { role: 'system', content: 'be kind' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'see' },
        { type: 'image', url: 'http://i.test/1' },
      ],
    },
    { role: 'assistant', content: '', toolCalls: [{ id: '1', name: 'f', arguments: { x: 1 } }] },
    { role: 'tool', toolCallId: '1', content: 'done' },
  ],
  params: { temperature: 0.7, stop: ['END'], providerOptions: { a: { k: 1 } } },
  tools: [tool],
  toolChoice: 'required',
  output: { name: 'o', schema: { type: 'object' } },
}
const keyOf = (request: GenerationRequest, more: Partial<CacheKeyInput> = {}): string =>
  cacheKey({ tenant: null, route: r, request, ...more })
const withParams = (params: Params): string => keyOf({ ...rich, params: { ...rich.params, ...params } })

it('is a SHA-256 in hex, the same in every process and on every day', () => {
  expect(keyOf(base)).toMatch(/^[0-9a-f]{64}$/)
  // A change here makes every cache cold: raise KEY_VERSION knowingly.
  expect(keyOf(base)).toBe('a725b8d2b47b58dfcf53cd273c72085684447906ddd8c0ea83389b10903b9c0e')
})

/** The same value with the keys of every object in another order. */
function shuffled<T extends JsonValue | undefined>(value: T, random: () => number): T
function shuffled(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(
    ([key, field]) => [random(), key, shuffled(field, random)] as const,
  )
  return Object.fromEntries(entries.sort(([a], [b]) => a - b).map(([, key, field]) => [key, field]))
}

/** Every undefined that a type allows, written out: what a caller in JavaScript passes. */
const withUndefined = ({ messages, ...rest }: GenerationRequest): GenerationRequest => ({
  params: undefined,
  tools: undefined,
  toolChoice: undefined,
  output: undefined,
  ...rest,
  messages: messages.map((message) =>
    message.role === 'assistant' ? { toolCalls: undefined, ...message } : message,
  ),
})

const texts = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '"', '\\', '\ud800', '\n'),
)
const json = fc.jsonValue() as fc.Arbitrary<JsonValue>
const objects = fc.dictionary(texts, json) as fc.Arbitrary<JsonObject>
const messages: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ role: fc.constant('system' as const), content: texts }),
  fc.record({ role: fc.constant('user' as const), content: texts }),
  fc.record({
    role: fc.constant('assistant' as const),
    content: texts,
    toolCalls: fc.array(fc.record({ id: texts, name: texts, arguments: objects }), {
      minLength: 1,
      maxLength: 2,
    }),
  }),
  fc.record({ role: fc.constant('tool' as const), toolCallId: texts, content: texts }),
)
const requests: fc.Arbitrary<GenerationRequest> = fc.record(
  {
    messages: fc.array(messages, { minLength: 1, maxLength: 3 }),
    params: fc.record(
      {
        maxTokens: fc.integer({ min: 1, max: 9 }),
        temperature: fc.double({ min: 0, max: 2, noNaN: true }),
        stop: fc.array(texts, { minLength: 1, maxLength: 2 }),
        providerOptions: fc.dictionary(fc.constantFrom('a', 'b'), fc.dictionary(texts, json, { minKeys: 1 })),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Params>,
    tools: fc.array(fc.record({ name: texts, parameters: objects }), { minLength: 1, maxLength: 2 }),
    toolChoice: fc.constantFrom('none' as const, 'required' as const),
    output: fc.record({ name: texts, schema: objects }),
  },
  { requiredKeys: ['messages'] },
)

describe('equal', () => {
  it('whatever the order of keys', () => {
    fc.assert(
      fc.property(requests, fc.infiniteStream(fc.double({ noNaN: true })), (request, numbers) => {
        const random = () => numbers.next().value
        const other = shuffled(request as unknown as JsonObject, random) as unknown as GenerationRequest
        expect(keyOf(other)).toBe(keyOf(request))
      }),
    )
  })

  it('whether a field is absent or undefined', () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(keyOf(withUndefined(request))).toBe(keyOf(request))
      }),
    )
  })

  it.each<[string, GenerationRequest, GenerationRequest]>([
    ['without parameters', base, { ...base, params: {} }],
    ['without stop words', base, { ...base, params: { stop: [] } }],
    [
      'with the temperature that the candidates have',
      { ...base, params: { temperature: 0.5 } },
      { ...base, params: { temperature: 0.5, topP: undefined } },
    ],
    ['without tools', base, { ...base, tools: [] }],
    ['with a choice among no tools', base, { ...base, toolChoice: 'required' }],
    [
      'with a free choice among tools',
      { ...base, tools: [tool] },
      { ...base, tools: [tool], toolChoice: 'auto' },
    ],
    [
      'with options for a provider that is not called',
      base,
      { ...base, params: { providerOptions: { z: { k: 1 } } } },
    ],
    ['with no options for one that is', base, { ...base, params: { providerOptions: { a: {} } } }],
    [
      'with no tool calls',
      { messages: [user('a'), { role: 'assistant', content: 'b' }] },
      { messages: [user('a'), { role: 'assistant', content: 'b', toolCalls: [] }] },
    ],
    [
      'with a tool result that is no error',
      { messages: [{ role: 'tool', toolCallId: '1', content: 'x' }] },
      { messages: [{ role: 'tool', toolCallId: '1', content: 'x', isError: false }] },
    ],
  ])('%s', (_, one, other) => {
    expect(keyOf(one)).toBe(keyOf(other))
  })

  it('as a prompt and as one user message', () => {
    const one = prepare(config, { route: 'r', prompt: 'hi' })
    const other = prepare(config, { route: 'r', messages: [{ role: 'user', content: 'hi' }] })
    expect(cacheKey({ tenant: null, ...one })).toBe(cacheKey({ tenant: null, ...other }))
  })

  it('whether a parameter comes from the route or from the request', () => {
    const all: Route = { ...r, candidates: r.candidates.map((one) => ({ ...one, params: { seed: 1 } })) }
    const none: Route = { ...r, candidates: r.candidates.map((one) => ({ ...one, params: {} })) }
    expect(keyOf(base, { route: all })).toBe(keyOf({ ...base, params: { seed: 1 } }, { route: none }))
  })
})

/** One change of each field, and of each shape that a field may have. A new field fails to compile here. */
const PARAM_CHANGES = {
  maxTokens: [{ maxTokens: 7 }, { maxTokens: 8 }],
  temperature: [{ temperature: 0 }, { temperature: 1 }],
  topP: [{ topP: 0.1 }, { topP: 1 }],
  stop: [{ stop: ['A'] }, { stop: ['A', 'B'] }, { stop: ['B', 'A'] }, { stop: ['A,B'] }, { stop: [] }],
  seed: [{ seed: 1 }, { seed: -1 }],
  frequencyPenalty: [{ frequencyPenalty: 1 }, { frequencyPenalty: -1 }],
  presencePenalty: [{ presencePenalty: 1 }, { presencePenalty: -1 }],
  topK: [{ topK: 1 }, { topK: 2 }],
  logitBias: [{ logitBias: { 5: 1 } }, { logitBias: { 5: -1 } }],
  parallelToolCalls: [{ parallelToolCalls: false }],
  reasoningEffort: [{ reasoningEffort: 'low' }, { reasoningEffort: 'high' }],
  thinking: [{ thinking: { type: 'adaptive' } }, { thinking: { type: 'disabled' } }],
  providerOptions: [
    { providerOptions: { a: { k: 2 } } },
    { providerOptions: { a: { k: 1, l: null } } },
    { providerOptions: { b: { k: 1 } } },
    { providerOptions: { a: { k: [] } } },
    { providerOptions: { a: { k: '1' } } },
  ],
} satisfies { [K in Exclude<keyof Params, 'hints'>]-?: Params[] }

const toolMessage = (more: Partial<ToolMessage>): Message => ({
  role: 'tool',
  toolCallId: '1',
  content: '',
  ...more,
})
const assistant = (more: Partial<AssistantMessage>): Message => ({ role: 'assistant', content: '', ...more })
const REQUEST_CHANGES = {
  messages: [
    [],
    [user('a')],
    [user('a'), user('b')],
    [user('b'), user('a')],
    [user('ab')],
    [user('')],
    [user('\ud800')],
    [user('\udfff')],
    [user('\ufffd')],
    [user('\\ud800')],
    [{ role: 'system', content: 'a' }],
    [assistant({ content: 'a' })],
    [assistant({ toolCalls: [{ id: '1', name: 'f', arguments: {} }] })],
    [assistant({ toolCalls: [{ id: '2', name: 'f', arguments: {} }] })],
    [assistant({ toolCalls: [{ id: '1', name: 'g', arguments: {} }] })],
    [assistant({ toolCalls: [{ id: '1', name: 'f', arguments: { x: 1 } }] })],
    [toolMessage({})],
    [toolMessage({ toolCallId: '2' })],
    [toolMessage({ content: 'a' })],
    [toolMessage({ isError: true })],
    [{ role: 'user', content: [{ type: 'text', text: 'a' }] }],
    [{ role: 'user', content: [{ type: 'image', url: 'http://a' }] }],
    [{ role: 'user', content: [{ type: 'image', url: 'http://b' }] }],
    [{ role: 'user', content: [{ type: 'image', data: 'aaaa', mediaType: 'image/png' }] }],
    [{ role: 'user', content: [{ type: 'image', data: 'bbbb', mediaType: 'image/png' }] }],
    [{ role: 'user', content: [{ type: 'image', data: 'aaaa', mediaType: 'image/gif' }] }],
  ],
  params: Object.values(PARAM_CHANGES).flat(),
  tools: [
    [],
    [{ ...tool, name: 'g' }],
    [{ ...tool, description: 'does not' }],
    [{ name: tool.name, parameters: tool.parameters }],
    [{ ...tool, parameters: { type: 'object', properties: { x: {} } } }],
    [tool, { ...tool, name: 'g' }],
    [{ ...tool, name: 'g' }, tool],
  ],
  toolChoice: ['auto', 'none', { tool: 'f' }, { tool: 'none' }],
  output: [
    undefined,
    { name: 'p', schema: { type: 'object' } },
    { name: 'o', schema: { type: 'array' } },
    { name: 'o', schema: { type: 'object', required: [] } },
  ],
  task: [
    { type: 'count' },
    { type: 'embed', input: ['a'] },
    { type: 'embed', input: ['a', 'b'] },
    { type: 'embed', input: [[1, 2]] },
    { type: 'embed', input: ['a'], dimensions: 8 },
  ],
  stored: [
    { store: 's', key: 'k', bytes: 1, characters: 1, images: false, inputTokens: 1 },
    { store: 's', key: 'l', bytes: 1, characters: 1, images: false, inputTokens: 1 },
  ],
} satisfies { [K in keyof GenerationRequest]-?: GenerationRequest[K][] }

const [first, second] = r.candidates as [Candidate, Candidate]
const ofFirst = (more: Partial<Candidate>): Route => ({ ...r, candidates: [{ ...first, ...more }, second] })

/** null: it changes how the output is got, and not the output. */
const CANDIDATE_CHANGES = {
  target: [{ target: 'a/other' }],
  provider: null,
  model: null,
  params: [{ params: {} }, { params: { temperature: 0.6 } }, { params: { temperature: 0.5, seed: 1 } }],
  headers: [{ headers: { 'x-beta': '1' } }, { headers: { 'x-beta': '2' } }],
  timeouts: null,
  retry: null,
  facts: null,
} satisfies { [K in keyof Candidate]: Partial<Candidate>[] | null }
const ROUTE_CHANGES = {
  name: [routeNamed('s')],
  kind: null,
  candidates: [
    ...Object.values(CANDIDATE_CHANGES).flatMap((changes) => changes?.map(ofFirst) ?? []),
    { ...r, candidates: [first] },
    { ...r, candidates: [second, first] },
  ],
  unsupportedParams: [{ ...r, unsupportedParams: 'drop' }],
  strategy: null,
  order: null,
  sticky: null,
  express: null,
  deadlineMs: null,
  maxDeadlineMs: null,
  passes: null,
  circuit: null,
  cache: null,
  fallbackOnRefusal: null,
  upstream: null,
  promptCache: null,
  rescue: null,
  park: null,
  shadow: null,
} satisfies { [K in keyof Route]-?: Route[] | null }

describe('different', () => {
  const all = (keys: readonly string[]) => expect(new Set(keys).size).toBe(keys.length)

  it.each(Object.entries(PARAM_CHANGES))('by %s, and by each of its values', (_, changes: Params[]) => {
    all([keyOf(rich), ...changes.map(withParams)])
  })

  it.each(Object.entries(REQUEST_CHANGES))('by %s, and by each of its values', (field, values) => {
    all([keyOf(rich), ...values.map((value: unknown) => keyOf({ ...rich, [field]: value }))])
  })

  it('by the route: its name, its targets with their parameters and headers, what it drops', () => {
    all(
      [r, ...Object.values(ROUTE_CHANGES).flatMap((routes) => routes ?? [])].map((route) =>
        keyOf(base, { route }),
      ),
    )
  })

  it('by the tenant, whatever it is called', () => {
    all([null, '', 'null', 'a', 'A', 'a"', '\ud800', '\ufffd'].map((tenant) => keyOf(base, { tenant })))
  })

  it('where the seam between tenant and route lies elsewhere', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (tenant, name) => {
        const [head = '', ...rest] = [...name]
        const moved = { tenant: tenant + head, route: { ...r, name: rest.join('') } }
        expect(keyOf(base, moved)).not.toBe(keyOf(base, { tenant, route: { ...r, name } }))
      }),
    )
  })

  it('by any text in messages, tools or output schema, however deep', () => {
    fc.assert(
      fc.property(requests, fc.nat(), fc.string({ minLength: 1, unit: 'binary' }), (request, pick, added) => {
        const changed = structuredClone(request)
        const texts = textsIn([changed.messages, changed.tools, changed.output])
        const text = texts[pick % texts.length]
        if (text === undefined) return
        text.append(added)
        expect(keyOf(changed)).not.toBe(keyOf(request))
      }),
    )
  })
})

/** Every text in a value but the roles, each with a way to make it longer. */
function textsIn(value: unknown): { append(more: string): void }[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, field]) =>
    typeof field === 'string' && key !== 'role' && key !== '__proto__'
      ? [{ append: (more: string) => Object.assign(value, { [key]: field + more }) }]
      : textsIn(field),
  )
}

it('the same, however the output is got', () => {
  const ways: Partial<Route>[] = [
    { strategy: { type: 'race' } },
    { order: 'weighted', sticky: 'user' },
    { deadlineMs: 1 },
    { maxDeadlineMs: 1 },
    { passes: 9 },
    { circuit: { openForMs: 1, maxOpenForMs: 1, whenAllOpen: 'wait' } },
    { cache: { ttlMs: 1, staleIfErrorMs: 1, staleWhileRevalidateMs: 1, coalesce: true } },
    { fallbackOnRefusal: true },
    { upstream: 'stream' },
    ofFirst({ timeouts: { ...first.timeouts, attemptMs: 1 } }),
    ofFirst({ retry: { ...first.retry, maximumAttempts: 9 } }),
    ofFirst({ facts: { contextTokens: 1 } }),
    ofFirst({ weight: 5, rank: 2 }),
  ]
  for (const way of ways) expect(keyOf(base, { route: { ...r, ...way } })).toBe(keyOf(base))
})
