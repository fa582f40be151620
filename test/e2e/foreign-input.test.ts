/**
 * A run's input may be written by anybody who has access to Temporal: it names providers, models and headers, and gets
 * neither a key nor another variable of the worker out of it. ACCESS-1 and ACCESS-2 stand in src/worker/access.ts.
 */
import { parseConfig } from '../../src/config'
import { GENERATION_WORKFLOW, type GenerationInput } from '../../src/contract/generation'
import { type GenerateRequest, prepare } from '../../src/request'
import { startSimulator } from '../../src/simulator'
import { type Stack, startStack } from '../helpers/stack'

const SECRETS = { ALPHA_KEY: 'sk-alpha-1', BETA_KEY: 'sk-beta-1', TEAM: 'blue', DATABASE_PASSWORD: 'hunter2' }

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, apiKeyEnv: ALPHA_KEY }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, apiKeyEnv: BETA_KEY }
defaults: { circuit: false, retry: { maximumAttempts: 1 } }
routes:
  default: { candidates: [{ target: alpha/m, headers: { x-team: '\${TEAM}' } }, beta/m] }
`

describe('the input of a run that its worker did not write', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config, env: SECRETS })
  })
  afterAll(() => stack?.close())
  beforeEach(() => stack.simulator.reset())

  /** As `temporal workflow start` would. */
  async function run(change: (candidate: GenerationInput['route']['candidates'][number]) => object) {
    const { client, simulator, taskQueue } = stack
    const generateRequest: GenerateRequest = { prompt: 'go' }
    const { route, request } = prepare(parseConfig(config(simulator.url)), generateRequest)
    const [first, ...others] = route.candidates
    if (first === undefined) throw new Error('no candidate')
    const candidates = [{ ...first, ...change(first) }, ...others]
    const id = `foreign-${Math.random()}`
    const input: GenerationInput = {
      id,
      tenant: null,
      route: { ...route, candidates },
      request,
      deadlineAt: Date.now() + 30_000,
      searchAttributes: false,
    }
    return client.workflow.execute(GENERATION_WORKFLOW, { workflowId: id, taskQueue, args: [input] })
  }
  const sent = (): string => JSON.stringify(stack.simulator.calls())

  it.each(['DATABASE_PASSWORD', 'BETA_KEY', 'ALPHA_KEY'])(
    'gets no %s in a header: the candidate is not called, and the next one answers',
    async (variable) => {
      stack.simulator.script('beta', [{ answer: 'from beta' }])
      const result = await run(() => ({ headers: { 'x-team': `\${TEAM} \${${variable}}` } }))
      expect(result).toMatchObject({
        target: 'beta/m',
        attempts: [{ failure: { class: 'not_admitted' } }, {}],
      })
      const { message } = result.attempts[0]?.failure ?? { message: '' }
      expect(message).toContain(variable)
      for (const secret of Object.values(SECRETS)) expect(JSON.stringify(result)).not.toContain(secret)
      expect(stack.simulator.calls({ provider: 'alpha' })).toHaveLength(0)
      expect(sent()).not.toContain(SECRETS.DATABASE_PASSWORD)
    },
  )

  it('has what the worker’s own config names', async () => {
    await run((candidate) => ({ headers: { ...candidate.headers, 'x-own': `team \${TEAM}` } }))
    const [call] = stack.simulator.calls()
    expect(call?.headers).toMatchObject({ 'x-team': 'blue', 'x-own': 'team blue' })
  })

  it('can set neither URL, headers nor key of a call', async () => {
    const elsewhere = await startSimulator()
    try {
      const baseUrl = `${elsewhere.url}/alpha/v1`
      const lies = {
        baseUrl,
        api: 'anthropic-messages',
        apiKeyEnv: 'BETA_KEY',
        apiKeysEnv: ['BETA_KEY'],
        auth: 'none',
      }
      await run(() => lies)
      expect(elsewhere.calls()).toHaveLength(0)
      const [call] = stack.simulator.calls()
      expect(call).toMatchObject({
        provider: 'alpha',
        headers: { authorization: '***' },
      })
      expect(await run(() => ({ provider: '__proto__', target: '__proto__/m' }))).toMatchObject({
        target: 'beta/m',
      })
    } finally {
      await elsewhere.close()
    }
  })
})
