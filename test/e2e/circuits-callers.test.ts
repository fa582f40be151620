/** What a caller causes moves nothing that other callers share; what a provider does still does (docs/circuits.md). */
import { phaseOf, publishedCircuits, untilPublished } from '../helpers/circuits'
import { type Stack, startStack } from '../helpers/stack'

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
  keyed: { api: openai-chat, baseUrl: ${url}/keyed/v1, apiKeysEnv: [KEY_ONE, KEY_TWO] }
defaults: { retry: { maximumAttempts: 1 }, circuit: { consecutive: 2 } }
routes:
  default: { candidates: [alpha/model-a, beta/model-b], timeouts: { attempt: 3s } }
  keyed: { candidates: [keyed/model-k] }
`

describe('the circuits that all callers share', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config, env: { KEY_ONE: 'one', KEY_TWO: 'two' } })
  })
  afterAll(() => stack.close())
  beforeEach(() => stack.simulator.reset())

  const outcomeOf = (request: Parameters<Stack['holdfast']['generate']>[0]) =>
    stack.holdfast.generate(request).then(
      ({ target }) => target,
      ({ failureClass }) => failureClass as string,
    )
  const times = async (count: number, ask: (n: number) => Promise<string>): Promise<Set<string>> => {
    const ends = new Set<string>()
    for (let n = 0; n < count; n++) ends.add(await ask(n))
    return ends
  }
  const plain = () => outcomeOf({ prompt: 'hi' })

  it('take no notice of timeouts that a caller has shortened', async () => {
    stack.simulator.script('alpha', [{ latency: '700ms' }])
    const hurried = await times(5, () =>
      outcomeOf({ prompt: 'hi', override: { timeouts: { attempt: '200ms' } } }),
    )
    expect(hurried).toEqual(new Set(['beta/model-b']))
    expect(await plain()).toBe('alpha/model-a')
  })

  it('take no notice of what comes of a caller’s own options', async () => {
    stack.simulator.script('alpha', [{ status: 500 }])
    const odd = { providerOptions: { alpha: { made_up: true } } }
    expect(await times(3, () => outcomeOf({ prompt: 'hi', params: odd }))).toEqual(new Set(['beta/model-b']))
    stack.simulator.reset()
    expect(await plain()).toBe('alpha/model-a')
  })

  it('ask for the model of the route, whatever the options say, and hold nothing for it', async () => {
    const options = { model: 'made-up', models: ['dear'], n: 8, messages: [] }
    await outcomeOf({ prompt: 'hi', params: { providerOptions: { alpha: options } } })
    const [call] = stack.simulator.calls({ provider: 'alpha' })
    expect(call?.body).toMatchObject({ model: 'model-a', messages: [{ role: 'user', content: 'hi' }] })
    expect(call?.body).not.toHaveProperty('n')
    expect(call?.body).not.toHaveProperty('models')
  })

  it('know nothing of 60 models that callers made up, and no alert is raised for one', async () => {
    const before = stack.lines().length
    stack.simulator.script('alpha', [{ fault: 'model_not_found' }])
    const asks = Array.from({ length: 60 }, (_, n) =>
      outcomeOf({ route: `alpha/made-up-${n}`, prompt: 'hi' }),
    )
    expect(new Set(await Promise.all(asks))).toEqual(new Set(['model_not_found']))
    stack.simulator.reset()
    expect(await plain()).toBe('alpha/model-a')
    const published = await publishedCircuits(stack, 'alpha')
    expect(Object.keys(published?.circuits.models ?? {}).filter((model) => model !== 'model-a')).toEqual([])
    const alerts = stack
      .lines()
      .slice(before)
      .filter(({ level }) => Number(level) >= 50)
    expect(alerts).toEqual([])
  })

  it('hold no key for what a caller made up', async () => {
    stack.simulator.script('keyed', [{ fault: 'unauthorized' }])
    await outcomeOf({ route: 'keyed/made-up', prompt: 'hi' })
    stack.simulator.reset()
    await outcomeOf({ route: 'keyed/made-up', prompt: 'hi' })
    await outcomeOf({ route: 'keyed', prompt: 'hi' })
    const used = stack.simulator.calls({ provider: 'keyed' }).map(({ keyHash }) => keyHash)
    expect(new Set(used).size).toBe(1)
  })

  it('still open for what the provider did, also to callers with ordinary fields', async () => {
    stack.simulator.script('alpha', [{ status: 503 }])
    const params = { providerOptions: { alpha: { user: 'u-1', frequency_penalty: 0.5 } } }
    await times(2, () => outcomeOf({ prompt: 'hi', params, override: { timeouts: { attempt: '2s' } } }))
    const open = await untilPublished(stack, 'alpha', (state) => phaseOf(state, 'model-a') === 'open')
    expect(Object.keys(open.circuits.models)).toEqual(['model-a'])
  })
})
