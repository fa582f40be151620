/** The test kit's stack, as its users take it: on a server that runs already, on one of its own, and on one whose time skips. */
import { defineConfig } from '../../src'
import { type Harness, harness, replay } from '../../src/testing'
import { testServer } from '../helpers/temporal'

const CONFIG = defineConfig({
  providers: {
    openai: { api: 'openai-chat', baseUrl: 'https://api.openai.com/v1', apiKeyEnv: 'OPENAI_API_KEY' },
    anthropic: {
      api: 'anthropic-messages',
      baseUrl: `https://\${REGION}.example.com/v1`,
      apiKeyEnv: 'ANTHROPIC_API_KEY',
    },
  },
  routes: {
    default: {
      candidates: ['openai/gpt-5', 'anthropic/claude'],
      retry: { maximumAttempts: 2, initialInterval: '10ms' },
    },
    alone: { candidates: ['openai/gpt-5'], deadline: '24h' },
    opens: { candidates: ['openai/gpt-5', 'anthropic/claude'], circuit: { consecutive: 1, openFor: '10m' } },
  },
})

describe('on a server that runs already', () => {
  let t: Harness
  beforeAll(async () => {
    const script = { openai: ['503', '429 retry-after 600'], anthropic: ['answer from Claude'] }
    t = await harness({ config: CONFIG, script, server: testServer() })
  })
  afterAll(() => t?.close())

  it('a project’s own config runs against the simulator: with its keys’ names, and without their values', async () => {
    const { text, target, id } = await t.generate({ prompt: 'hi' })
    expect([text, target]).toEqual(['from Claude', 'anthropic/claude'])
    t.toHaveCalled('openai/gpt-5', 2)
    t.toHaveCalled('anthropic')
    expect(t.calls('openai').map(({ status, authorization }) => [status, authorization])).toEqual([
      [503, 'bearer'],
      [429, 'bearer'],
    ])
    const { decisions } = await replay(await t.history(id))
    expect(decisions).toContain('attempt at anthropic/claude')
  })

  it('calls that did not come are listed with those that came', () => {
    expect(() => t.toHaveCalled('openai/gpt-5', 3)).toThrow(
      /^openai\/gpt-5 was to be called 3 times, and was called 2 times.\nThe calls, in order:\n {2}\+0 ms {2}openai\/gpt-5 {2}503 {2}faulted\n/,
    )
    expect(() => t.toHaveCalled('gemini')).toThrow(
      'gemini was to be called at least once, and was called 0 times',
    )
  })

  it('what a target does can be changed between two calls, and a wrong step is refused', async () => {
    t.simulator.reset()
    t.script({ openai: ['answer one', 'answer two'] })
    t.script('openai/gpt-5', ['answer of the target'])
    expect((await t.generate({ prompt: 'again', route: 'alone' })).text).toBe('of the target')
    expect(() => t.script('openai', ['exploded'])).toThrow('"exploded" is not understood')
  })

  it('time that does not skip says how it would', async () => {
    await expect(t.skip('1h')).rejects.toThrow('harness({ timeSkipping: true })')
  })
})

it('a server of its own ends with it', async () => {
  let address = ''
  {
    await using t = await harness({ config: CONFIG, script: { openai: ['answer alone'] } })
    expect((await t.generate({ prompt: 'hi' })).text).toBe('alone')
    address = t.address
  }
  expect(address).not.toBe('')
  await expect(harness({ config: CONFIG, server: { address } })).rejects.toThrow('Temporal')
})

describe('on a server whose time skips', () => {
  let t: Harness
  beforeAll(async () => {
    t = await harness({ config: CONFIG, timeSkipping: true })
  }, 60_000)
  afterAll(() => t?.close())
  beforeEach(() => t.simulator.reset())

  it('a rate limit of six hours passes in seconds, and the hold that it left with it', async () => {
    t.script('openai', ['429 retry-after 6h', 'answer at last'])
    const [beganAt, startedAt] = [Date.now(), t.now()]
    const generation = t.generate({ prompt: 'take your time', route: 'alone' })
    await t.skip('6h')
    const { text, attempts } = await generation
    expect(text).toBe('at last')
    expect(attempts.map(({ failure }) => failure?.class ?? 'answered')).toEqual(['rate_limited', 'answered'])
    expect(t.now() - startedAt).toBeGreaterThanOrEqual(6 * 3_600_000)
    expect(Date.now() - beganAt).toBeLessThan(15_000)
    expect((await t.generate({ prompt: 'next' })).target).toBe('openai/gpt-5')
    t.toHaveCalled('openai', 3)
  })

  it('a circuit stays open for its minutes, and lets a call through when they were skipped', async () => {
    t.script('openai', ['503 x1', 'answer well again'])
    const targetOf = async (prompt: string) => (await t.generate({ prompt, route: 'opens' })).target
    expect(await targetOf('fails over')).toBe('anthropic/claude')
    t.simulator.reset()
    expect(await targetOf('is not called')).toBe('anthropic/claude')
    t.toHaveCalled('openai', 0)
    await t.skip('11m')
    expect(await targetOf('is called again')).toBe('openai/gpt-5')
  })
})
