/** What a takeover does with a response that its provider knows, or does not know any longer. */
import pino from 'pino'
import type { Adoption } from '../../activities/background'
import { providerCall } from '../../activities/provider-call'
import { NO_SINK } from '../../activities/stream-words'
import { parseConfig, resolveRoute } from '../../src/config'
import type { OpenResponse } from '../../src/contract/attempt-details'
import { createHttpClient } from '../../src/http'
import { type Simulator, startSimulator } from '../../src/simulator'
import { providerAccess } from '../../src/worker/access'
import { createKeyRing } from '../../src/worker/key-ring'

const KEYS = { KEY_ONE: 'sk-one', KEY_TWO: 'sk-two' }

let simulator: Simulator
const http = createHttpClient()
beforeAll(async () => {
  simulator = await startSimulator({ keys: { alpha: Object.values(KEYS) } })
})
afterAll(() => Promise.all([http.close(), simulator.close()]))
beforeEach(() => simulator.reset())

/** One call, as of an attempt that has found `before`. `changes`: what could be read on, in order. */
async function call(before: OpenResponse | null, keys: { [name: string]: string } = KEYS) {
  const config = parseConfig(`
providers:
  alpha: { api: openai-responses, baseUrl: ${simulator.url}/alpha/v1, apiKeysEnv: [${Object.keys(keys).join(', ')}] }
routes:
  default: { candidates: [{ target: alpha/model-a, background: true }] }
`)
  const found = resolveRoute(config, 'default')
  const [candidate] = found.ok ? found.route.candidates : []
  if (candidate === undefined) throw new Error('no candidate')
  const changes: (OpenResponse | null)[] = []
  const adoption: Adoption = { before, changed: (response) => changes.push(response) }
  const access = providerAccess(config, keys)
  const called = await providerCall(
    { ...access, keyRing: createKeyRing(Date.now), now: Date.now, http, logger: pino({ level: 'silent' }) },
    {
      generationId: 'gen-1',
      route: 'default',
      candidate,
      candidateIndex: 0,
      othersLeft: true,
      request: { messages: [{ role: 'user' as const, content: 'hi' }] },
      deadlineAt: Date.now() + 60_000,
      unsupportedParams: 'fail',
      streaming: false,
      circuit: null,
      lastResort: false,
    },
    new AbortController().signal,
    { sink: NO_SINK, adoption, returnsBlocks: true },
  )
  return { called, changes }
}

const BEGUN = { id: 'resp_sim_0', key: 'KEY_ONE' }

it('what is begun is named with its key, and stays named when it is whole: its report may still be lost', async () => {
  const { called, changes } = await call(null)
  expect(called.outcome.ok).toBe(true)
  expect(changes).toEqual([null, BEGUN])
})

it('what is known is read with the key that began it, whichever is free now', async () => {
  await call(null)
  const { called, changes } = await call(BEGUN, { KEY_TWO: 'sk-two', KEY_ONE: 'sk-one' })
  expect(called).toMatchObject({ outcome: { ok: true }, adopted: true })
  expect(changes).toEqual([BEGUN])
  expect(simulator.calls()).toHaveLength(1)
})

it.each([
  ['the provider does not know it', { id: 'resp_gone', key: 'KEY_ONE' }, KEYS],
  ['its key is not configured any longer', BEGUN, { KEY_TWO: 'sk-two' }],
])('is called anew where %s', async (_, before, keys) => {
  const { called, changes } = await call(before, keys)
  expect(called.outcome.ok).toBe(true)
  expect(called.adopted).toBeUndefined()
  expect(changes).toEqual([null, { id: 'resp_sim_0', key: Object.keys(keys)[0] }])
  expect(simulator.calls()).toHaveLength(1)
})

it('can still be read on where reading was refused, and not where the provider has ended it', async () => {
  await call(null)
  const refused = await call(BEGUN, { KEY_ONE: 'sk-revoked' })
  expect(refused.called).toMatchObject({ outcome: { failure: { class: 'unauthorized' } }, adopted: true })
  expect(refused.changes).toEqual([])

  simulator.script('alpha', [{ answer: '' }])
  const empty = await call(null)
  expect(empty.called.outcome).toMatchObject({ failure: { class: 'bad_response' } })
  expect(empty.changes.at(-1)).toBeNull()
})
