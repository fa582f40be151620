/** What a provider would charge for its calls. */
import { type Simulator, type StepInput, startSimulator } from '../../src/simulator'

const BODY = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
const USAGE = { inputTokens: 100, outputTokens: 40 }

describe('the bill', () => {
  let simulator: Simulator
  beforeAll(async () => {
    simulator = await startSimulator()
  })
  afterAll(() => simulator.close())
  beforeEach(() => simulator.reset())

  /** Reads the answer to its end, or hangs up. */
  async function call(step: StepInput, { stream = false, path = 'chat/completions', hangUpAfter = 0 } = {}) {
    simulator.script('alpha', [{ usage: USAGE, ...step }])
    const hangUp = new AbortController()
    const called = fetch(`${simulator.baseUrl('alpha')}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer secret' },
      body: JSON.stringify({ ...BODY, ...(path === 'embeddings' ? { input: ['hi'] } : {}), stream }),
      signal: hangUp.signal,
    })
    if (hangUpAfter > 0) setTimeout(() => hangUp.abort(), hangUpAfter)
    await called.then((response) => response.text()).catch(() => undefined)
    await simulator.waitForCalls(1)
    for (const began = Date.now(); simulator.calls({ outcome: 'in_flight' }).length > 0; )
      if (Date.now() - began > 5_000) throw new Error('it does not end')
      else await new Promise((resolve) => setImmediate(resolve))
    return simulator.bill().map(({ calls, usage }) => [calls, usage.inputTokens, usage.outputTokens])
  }

  it('has the whole usage of what was answered, streamed or not, whether the answer says so or not', async () => {
    expect(await call({})).toEqual([[1, 100, 40]])
    expect(await call({}, { stream: true })).toEqual([[2, 200, 80]])
    const [silent] = await call({ usage: null })
    expect(silent?.[1]).toBeGreaterThan(200)
  })

  it.each<[string, StepInput]>([
    ['an error', { status: 503 }],
    ['a limit', { status: 429 }],
    ['a reset connection', { fault: 'reset' }],
    ['the page of a proxy', { fault: 'html' }],
  ])('has nothing for %s', async (_, step) => {
    expect(await call(step)).toEqual([])
  })

  it('has the prompt, and of a stream what was sent, where it was cut or hung up on', async () => {
    expect(await call({ words: 10, cut: { after: 5, how: 'reset' } }, { stream: true })).toEqual([
      [1, 100, 20],
    ])
    simulator.reset()
    expect(await call({ fault: 'silent' }, { hangUpAfter: 50 })).toEqual([[1, 100, 0]])
    simulator.reset()
    const [hungUp] = await call({ words: 100, drip: '10ms' }, { stream: true, hangUpAfter: 200 })
    expect(hungUp?.[1]).toBe(100)
    expect(hungUp?.[2]).toBeGreaterThan(0)
    expect(hungUp?.[2]).toBeLessThan(40)
  })

  it('has the prompt alone of vectors, and nothing for counting tokens', async () => {
    expect(await call({}, { path: 'embeddings' })).toEqual([[1, 100, 0]])
    simulator.reset()
    expect(await call({}, { path: 'responses/input_tokens' })).toEqual([])
  })

  it('is given to other processes too, by model and key', async () => {
    await call({})
    const response = await fetch(`${simulator.url}/_simulator/bill`)
    const { bill } = (await response.json()) as { bill: unknown[] }
    expect(bill).toEqual(simulator.bill())
    expect(bill).toMatchObject([
      { provider: 'alpha', model: 'm', keyHash: expect.stringMatching(/^[0-9a-f]{8}$/) },
    ])
  })
})
