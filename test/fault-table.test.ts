/** The fault table through the whole stack: gateway, Temporal, worker, socket. The cases run side by side; each `it` reads one. */
import { createGate } from '../src/client/gate'
import { CASES, type Case, configOf, FROM_FALLBACK, WHOLE } from './helpers/fault-table'
import { gatewayOver, parseEvents, type TestGateway } from './helpers/gateway'
import { type Stack, startStack } from './helpers/stack'

/** On two cores: more would only wait for one another. */
const AT_ONCE = 12

interface Seen {
  status: number
  text: string
  /** The targets that the answer names. */
  models: string[]
  usage: { completion_tokens?: number } | null
  finished: boolean
  /** Of an error, whole or in band. */
  message: string | null
  retryAfter: string | null
  tookMs: number
}

interface Chunk {
  model?: string
  choices?: { delta?: { content?: string }; finish_reason?: string | null }[]
  usage?: { completion_tokens: number } | null
  error?: { message: string }
}

async function ask(gateway: TestGateway, { mode, key }: Case): Promise<Seen> {
  const startedAt = Date.now()
  const stream = mode === 'stream'
  const response = await gateway.post('/v1/chat/completions', {
    model: `r${key}`,
    messages: [{ role: 'user', content: 'go' }],
    ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
  })
  const { status, headers } = response
  const body = await response.text()
  const common = { status, retryAfter: headers.get('retry-after'), tookMs: Date.now() - startedAt }
  if (stream && status === 200) return { ...common, ...streamed(body) }
  const { model, choices, usage = null, error } = JSON.parse(body)
  const text: string = choices?.[0]?.message.content ?? ''
  const models = model === undefined ? [] : [model]
  return { ...common, text, models, usage, finished: status === 200, message: error?.message ?? null }
}

function streamed(body: string): Omit<Seen, 'status' | 'retryAfter' | 'tookMs'> {
  const data = parseEvents(body).flatMap((event) => (event.data === undefined ? [] : [event.data]))
  const finished = data.at(-1) === '[DONE]'
  const chunks: Chunk[] = data.filter((one) => one !== '[DONE]').map((one) => JSON.parse(one))
  return {
    text: chunks.map(({ choices }) => choices?.[0]?.delta?.content ?? '').join(''),
    models: [...new Set(chunks.flatMap(({ model }) => model ?? []))],
    usage: chunks.findLast(({ usage }) => usage != null)?.usage ?? null,
    finished: finished && chunks.some(({ choices }) => choices?.[0]?.finish_reason != null),
    message: chunks.find(({ error }) => error !== undefined)?.error?.message ?? null,
  }
}

describe('the fault table', () => {
  let stack: Stack
  let gateway: TestGateway
  const seen = new Map<string, Promise<Seen>>()

  beforeAll(async () => {
    const config = (url: string) => configOf(CASES, url)
    stack = await startStack({ config })
    gateway = await gatewayOver(stack, config)
    for (const one of CASES) {
      const { row, key } = one
      if (row.primary.length > 0) stack.simulator.script(`primary${key}`, row.primary)
      stack.simulator.script(`fallback${key}`, row.fallback ?? [{ answer: FROM_FALLBACK }])
    }
    const gate = createGate(AT_ONCE)
    for (const one of CASES) {
      const answer = gate(() => ask(gateway, one))
      answer.catch(() => undefined)
      seen.set(one.key, answer)
    }
  }, 60_000)
  afterAll(async () => {
    await gateway.close()
    await stack.close()
  })

  const seenOf = async ({ key }: Case): Promise<Seen> => {
    const found = seen.get(key)
    if (found === undefined) throw new Error(`${key} was not asked`)
    return found
  }
  const callsOf = ({ key }: Case) => stack.simulator.calls({ provider: `primary${key}` })

  it.each(CASES.map((one) => [one.row.fault, one.mode, one] as const))(
    '%s (%s)',
    async (_fault, _mode, one) => {
      const { row, key } = one
      const answer = await seenOf(one)
      if (typeof row.caller === 'object') {
        expect(answer.message).toMatch(row.caller.says)
        expect(answer.finished).toBe(false)
        // What had begun can't take its status back.
        if (answer.text === '') expect(answer.status).toBe(row.caller.status)
        if (answer.status === 503) expect(Number(answer.retryAfter)).toBeGreaterThanOrEqual(1)
      } else {
        expect(answer).toMatchObject({ status: 200, message: null, finished: true })
        expect(answer.text).toBe(row.caller === 'whole' ? WHOLE : FROM_FALLBACK)
        const by = row.caller === 'fallback' ? 'fallback' : row.by
        if (by !== undefined) expect(answer.models.at(-1)).toBe(`${by}${key}/m`)
        expect(answer.usage?.completion_tokens).toBeGreaterThan(0)
      }
      const calls = callsOf(one)
      if (typeof row.calls === 'number') expect(calls).toHaveLength(row.calls)
      else if (row.calls !== null) expect(calls.length).toBeLessThanOrEqual(row.calls.atMost)
    },
  )

  it.each(
    CASES.filter(({ row }) => row.fault.startsWith('429 with Retry-After 2 s')).map(
      (one) => [one.mode, one] as const,
    ),
  )('a Retry-After of 2 s is waited for (%s)', async (_mode, one) => {
    await seenOf(one)
    const [first, second] = callsOf(one)
    expect((second?.receivedAt ?? 0) - (first?.finishedAt ?? 0)).toBeGreaterThanOrEqual(1_800)
  })
})
