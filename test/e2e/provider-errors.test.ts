/**
 * What an error of a provider leads to, through gateway, worker and socket: which target is called next, and what the
 * caller sees. Each row is a route: its candidates are models of a scripted provider; what the words mean stands in
 * `test/formats/outbound/wire-format-cases`.
 */

import { chat } from '../formats/outbound/cases/types'
import { type ErrorBody, gatewayOver, jsonOf, type TestGateway } from '../helpers/gateway'
import { type Scripted, type ScriptedProvider, startScriptedProvider } from '../helpers/scripted-provider'
import { type Stack, startStack } from '../helpers/stack'

const json = (status: number, body: unknown): Scripted => ({
  status,
  contentType: 'application/json',
  parts: [JSON.stringify(body)],
})
const refusal = (message: string, code: string | null = null): Scripted =>
  json(400, { error: { message, type: 'invalid_request_error', param: null, code } })

const GOOD = json(200, chat({ content: 'from the spare' }))
const UNKNOWN = refusal('Something about this request is odd')
const PROVED = refusal("Missing required parameter: 'messages'.", 'missing_required_parameter')

/** What each model answers; the text before the dash says at which provider it is. */
interface Row {
  name: string
  source: string
  models: { [model: string]: Scripted }
  status: number
  classes: string[]
  /** Calls to each model. */
  calls: number[]
}

const ROWS: readonly Row[] = [
  {
    name: 'a 400 that one provider alone may understand: another provider is called',
    source: 'decision 0020',
    models: { 'a-odd': UNKNOWN, 'b-fine': GOOD },
    status: 200,
    classes: ['invalid_request', 'answered'],
    calls: [1, 1],
  },
  {
    name: 'a candidate of the same provider is not called after such a 400',
    source: 'decision 0020',
    models: { 'a-one': UNKNOWN, 'a-two': GOOD, 'b-three': GOOD },
    status: 200,
    classes: ['invalid_request', 'answered'],
    calls: [1, 0, 1],
  },
  {
    name: 'a 400 that every provider would send ends the request',
    source: 'decision 0020',
    models: { 'a-proved': PROVED, 'b-unasked': GOOD },
    status: 400,
    classes: ['invalid_request'],
    calls: [1, 0],
  },
  {
    name: 'a second provider that says 400 too ends it',
    source: 'decision 0020',
    models: { 'a-first': UNKNOWN, 'b-second': UNKNOWN, 'd-third': GOOD },
    status: 400,
    classes: ['invalid_request', 'invalid_request'],
    calls: [1, 1, 0],
  },
  {
    name: 'a prompt that is too long for the first model',
    source: 'google-gemini/gemini-cli#11507',
    models: {
      'a-short': json(400, [
        {
          error: {
            code: 400,
            message: 'The input token count (9001) exceeds the maximum number of tokens allowed (8192).',
          },
        },
      ]),
      'b-long': GOOD,
    },
    status: 200,
    classes: ['context_too_long', 'answered'],
    calls: [1, 1],
  },
  {
    name: 'a model that is gone',
    source: 'tashfeenahmed/freellmapi#634',
    models: {
      'a-gone': json(410, { status: 410, title: 'Gone', detail: 'The model has reached its end of life.' }),
      'b-there': GOOD,
    },
    status: 200,
    classes: ['model_not_found', 'answered'],
    calls: [1, 1],
  },
  {
    name: 'a key that is refused with a 400',
    source: 'continuedev/continue#10778',
    models: {
      'a-key': json(400, {
        code: 'Client specified an invalid argument',
        error: 'Incorrect API key provided: ab***cd.',
      }),
      'b-key': GOOD,
    },
    status: 200,
    classes: ['unauthorized', 'answered'],
    calls: [1, 1],
  },
  {
    name: 'money that is gone, reported with a 500: not called again',
    source: 'MiniMax-AI/MiniMax-M2#62',
    models: {
      'a-poor': json(500, {
        type: 'error',
        error: { type: 'api_error', message: 'insufficient balance (1008)' },
      }),
      'b-rich': GOOD,
    },
    status: 200,
    classes: ['quota_exhausted', 'answered'],
    calls: [1, 1],
  },
]

const LIMITED = json(429, [
  {
    error: {
      code: 429,
      message: 'You exceeded your current quota, please check your plan and billing details.',
      status: 'RESOURCE_EXHAUSTED',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '39s' }],
    },
  },
])

const targetOf = (model: string): string => `${model.slice(0, 1)}/${model}`
const routeOf = (row: Row): string => `row-${ROWS.indexOf(row)}`

const config = (url: string): string => `
providers:
${['a', 'b', 'd', 'h'].map((name) => `  ${name}: { api: openai-chat, baseUrl: ${url}/${name}, auth: none }`).join('\n')}
defaults: { circuit: false, retry: { maximumAttempts: 2, initialInterval: 10ms, maxWait: 100ms } }
routes:
  held: { candidates: [h/h-limited, b/b-fine], circuit: { consecutive: 5 } }
${ROWS.map((row) => `  ${routeOf(row)}: { candidates: [${Object.keys(row.models).map(targetOf).join(', ')}] }`).join('\n')}
`

let provider: ScriptedProvider
let stack: Stack
let gateway: TestGateway
beforeAll(async () => {
  const models = new Map(ROWS.flatMap((row) => Object.entries(row.models)))
  provider = await startScriptedProvider((model) =>
    model === 'h-limited' ? LIMITED : (models.get(model) ?? GOOD),
  )
  stack = await startStack({ config: () => config(provider.url) })
  gateway = await gatewayOver(stack, () => config(provider.url))
})
afterAll(async () => {
  await gateway?.close()
  await stack?.close()
  await provider?.close()
})

interface Attempt {
  target: string
  failure?: { class: string; retryAfterMs?: number }
}

async function ask(route: string): Promise<{ status: number; attempts: Attempt[] }> {
  const messages = [{ role: 'user', content: 'quota, context length and model not found are my words' }]
  const response = await gateway.post('/v1/chat/completions', { model: route, messages })
  const body = await jsonOf<Partial<ErrorBody> & { holdfast?: { attempts: Attempt[] } }>(response)
  const { attempts } = (body.error?.holdfast ?? body.holdfast) as { attempts: Attempt[] }
  return { status: response.status, attempts }
}

it.concurrent.each(ROWS.map((row) => [row.name, row.source, row] as const))(
  '%s [%s]',
  async (_name, _source, row) => {
    const { status, attempts } = await ask(routeOf(row))
    expect(status).toBe(row.status)
    expect(attempts.map(({ failure }) => failure?.class ?? 'answered')).toEqual(row.classes)
    const modelNames = Object.keys(row.models)
    const made = modelNames.map((model) => attempts.filter(({ target }) => target === targetOf(model)).length)
    expect(made).toEqual(row.calls)
  },
)

it('a wait in the details of a 429 is a hold: the next request does not ask that model', async () => {
  const first = await ask('held')
  expect(first.status).toBe(200)
  expect(first.attempts[0]?.failure).toMatchObject({ class: 'rate_limited', retryAfterMs: 39_000 })
  const second = await ask('held')
  expect(second.status).toBe(200)
  expect(provider.calls('h-limited')).toHaveLength(1)
})
