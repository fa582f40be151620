/** `holdfast check --live` against providers that take the key, refuse it, hang, or do not know the model. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { check } from '../../src/cli/check'
import { renderReport } from '../../src/cli/check-report'
import { parseConfig } from '../../src/config'
import { type ScriptStep, type Simulator, startSimulator } from '../../src/simulator'
import { checkLive } from '../../src/worker/live-check'

let simulator: Simulator
let folder: string
beforeAll(async () => {
  simulator = await startSimulator({ keys: { alpha: ['sk-right', 'sk-second'] } })
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-live-'))
})
afterAll(async () => {
  await simulator.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => simulator.reset())

const ENV = { ONE: 'sk-right', TWO: 'sk-wrong' }

const text = (url: string, routes: string, provider = 'apiKeyEnv: ONE'): string => `
providers:
  alpha: { api: openai-responses, baseUrl: ${url}/alpha/v1, ${provider} }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
routes:
${routes}
`

const live = (routes: string, env: { [name: string]: string } = ENV, provider?: string) =>
  checkLive(parseConfig(text(simulator.url, routes, provider)), env)

it('each target of all routes is asked once, for one token, with its parameters; a shadow too', async () => {
  simulator.script('beta', [{ headers: { 'anthropic-ratelimit-requests-remaining': '49', date: 'now' } }])
  const results = await live(`
  default: { candidates: [{ target: alpha/m, params: { temperature: 0.5 }, background: true }, beta/n] }
  other: { candidates: [alpha/m], shadow: { target: beta/o } }`)
  expect(results).toMatchObject([
    { target: 'alpha/m', key: 'ONE', outcome: 'answered', model: 'm', failure: null, advice: null },
    {
      target: 'beta/n',
      key: null,
      outcome: 'answered',
      limits: { 'anthropic-ratelimit-requests-remaining': '49' },
    },
    { target: 'beta/o', outcome: 'answered' },
  ])
  expect(results[0]?.tokens).toBeGreaterThan(0)
  const [first] = simulator.calls({ provider: 'alpha' })
  expect(first?.body).toMatchObject({ temperature: 0.5, max_output_tokens: 16, store: false })
  expect(first?.body).not.toHaveProperty('background')
  expect(simulator.calls()).toHaveLength(3)
})

it('each further key of a provider is tried at its first target', async () => {
  const results = await live('  default: { candidates: [alpha/m, alpha/n] }', ENV, 'apiKeysEnv: [ONE, TWO]')
  expect(results.map(({ target, key, outcome }) => [target, key, outcome])).toEqual([
    ['alpha/m', 'ONE', 'answered'],
    ['alpha/m', 'TWO', 'failed'],
    ['alpha/n', 'ONE', 'answered'],
  ])
  expect(results[1]).toMatchObject({ failure: { class: 'unauthorized', status: 401 } })
  expect(results[1]?.advice).toContain('TWO is refused')
})

it.each([
  ['an unknown model', { fault: 'model_not_found' }, 'model_not_found', 'list of models'],
  ['an account without credit', { fault: 'quota_exhausted' }, 'quota_exhausted', 'add credit'],
  ['a limit that is used up', { fault: 'rate_limited', retryAfter: '7' }, 'rate_limited', 'in 7s'],
  ['a refused parameter', { fault: 'unsupported' }, 'unsupported', 'change its params'],
  ['a connection that is refused', { fault: 'refuse' }, 'connection', 'baseUrl'],
  ['a provider that hangs', { fault: 'silent' }, 'timeout', 'baseUrl'],
] satisfies [string, ScriptStep, string, string][])(
  '%s is named, with what to do',
  async (_, step, failureClass, advice) => {
    simulator.script('beta', [step])
    const [result] = await live(
      '  default: { candidates: [{ target: beta/n, timeouts: { attempt: 300ms } }] }',
    )
    expect(result).toMatchObject({ outcome: 'failed', failure: { class: failureClass } })
    expect(result?.advice).toContain(advice)
  },
)

it('a route of vectors is asked for one', async () => {
  const [result] = await live(
    '  vectors: { kind: embeddings, candidates: [delta/e] }'.replace('delta', 'alpha'),
  )
  expect(result).toMatchObject({ outcome: 'answered' })
  expect(simulator.calls()[0]?.path).toBe('/alpha/v1/embeddings')
})

describe('holdfast check --live', () => {
  const config = (routes: string): string => {
    const file = path.join(folder, 'holdfast.yaml')
    writeFileSync(file, text(simulator.url, routes))
    return file
  }

  it('says in a table what was learned, and what it cost; a failure makes the report not ok', async () => {
    simulator.script('beta', [{ fault: 'unauthorized' }])
    const report = await check(config('  default: { candidates: [alpha/m, beta/n] }'), ENV, { live: true })
    expect(report.ok).toBe(false)
    const shown = renderReport(report)
    expect(shown).toContain('answered, as m')
    expect(shown).toMatch(/Asked for one token each \(\d+ tokens paid for\)/)
    expect(shown).toContain('failed unauthorized 401')
    expect(JSON.stringify(report) + shown).not.toContain('sk-right')
  })

  it('a key that is not set is skipped, and no failure while another target answers', async () => {
    const file = config('  default: { candidates: [alpha/m, beta/n] }')
    const report = await check(file, {}, { live: true })
    expect(report.live?.map(({ outcome }) => outcome)).toEqual(['skipped', 'answered'])
    expect(report.ok).toBe(true)
    const alone = await check(config('  default: { candidates: [alpha/m] }'), {}, { live: true })
    expect(alone.ok).toBe(false)
  })

  it('nothing is called without it', async () => {
    const report = await check(config('  default: { candidates: [alpha/m] }'), ENV)
    expect(report).not.toHaveProperty('live')
    expect(simulator.calls()).toEqual([])
  })
})
