/** A recorded run as a script of the simulator, and as a test. */
import path from 'node:path'
import { fromHistory, type Harness, harness, incident } from '../../src/testing'
import { testServer } from '../helpers/temporal'

const fileOf = (name: string): string =>
  path.resolve(__dirname, '..', 'fixtures', 'histories', 'unreleased', `${name}.json`)

it('each call ends as it ended, in the words of the simulator', () => {
  expect(incident(fileOf('failed-over'))).toEqual({
    'alpha/model-a': [
      { fault: 'overloaded', status: 529 },
      { fault: 'rate_limited', status: 429, retryAfterMs: 200 },
    ],
    'beta/model-b': [
      { answer: 'from beta', usage: expect.objectContaining({ inputTokens: expect.any(Number) }) },
    ],
  })
})

it('a call that was cancelled keeps silent', () => {
  expect(incident(fileOf('race'))['alpha/model-a']).toEqual([{ fault: 'silent' }])
})

describe('an incident against two policies', () => {
  const file = fileOf('all-failed')
  const providers = {
    alpha: { api: 'openai-chat', baseUrl: 'https://alpha.example.com/v1' },
    beta: { api: 'anthropic-messages', baseUrl: 'https://beta.example.com/v1' },
    gamma: { api: 'openai-chat', baseUrl: 'https://gamma.example.com/v1' },
  } as const
  const retry = { maximumAttempts: 2, initialInterval: '5ms' }
  let t: Harness
  beforeAll(async () => {
    const routes = {
      old: { candidates: ['alpha/model-a', 'beta/model-b'], retry },
      new: { candidates: ['alpha/model-a', 'beta/model-b', 'gamma/model-c'], retry },
    }
    t = await harness({ config: { providers, routes }, server: testServer() })
  })
  afterAll(() => t?.close())
  beforeEach(() => {
    t.simulator.reset()
    t.script(incident(file))
  })

  it('the old one fails as it failed, by the same calls', async () => {
    const failed = await t.generate({ prompt: 'again', route: 'old' }).catch((error: unknown) => error)
    expect(failed).toMatchObject({
      kind: 'all_failed',
      attempts: [
        { target: 'alpha/model-a', failure: { class: 'overloaded', status: 503 } },
        { target: 'alpha/model-a', failure: { class: 'overloaded', status: 503 } },
        { target: 'beta/model-b', failure: { class: 'overloaded', status: 503 } },
        { target: 'beta/model-b', failure: { class: 'overloaded', status: 503 } },
      ],
    })
  })

  it('the new one is answered', async () => {
    expect((await t.generate({ prompt: 'again', route: 'new' })).target).toBe('gamma/model-c')
  })
})

it('the test of a run has ten lines at most, names the run, and asks for its answer', () => {
  const file = fileOf('failed-over')
  const text = fromHistory(file, { config: 'new.yaml' })
  expect(text.trim().split('\n').length).toBeLessThanOrEqual(10)
  expect(text).toMatch(
    /^import \{ reenact, replay \} from 'holdfast\/testing'\nimport \{ expect, test \} from 'vitest'\n/,
  )
  expect(text).toContain(
    'alpha/model-a overloaded, alpha/model-a rate_limited, beta/model-b answered, answered',
  )
  expect(text).toContain(`await reenact('${file}', { route: 'new.yaml' })`)
  expect(text).toContain("{ outcome: 'answered', target: 'beta/model-b' }")
  expect(fromHistory(file, { runner: 'jest' })).not.toContain('vitest')
})
