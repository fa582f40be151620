/** A generation that waits for hours, on a server whose time skips: what it survives, and what it pays. */
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import type { GenerationResult } from '../../src/contract/generation'
import { type Restartable, startRestartable } from '../helpers/restartable'
import { startSkippingServer, withoutStickyQueues } from '../helpers/skipping'

const SIX_HOURS_S = 6 * 3_600

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
defaults: { circuit: false }
routes:
  report: { candidates: [alpha/model-a, beta/model-b], deadline: 24h, passes: 10, retry: { maximumAttempts: 2 } }
`

describe('a generation with a deadline of 24 h', () => {
  let server: TestWorkflowEnvironment
  let stack: Restartable
  beforeAll(async () => {
    withoutStickyQueues()
    server = await startSkippingServer()
    stack = await startRestartable({ address: server.address, namespace: 'default' }, config)
  }, 60_000)
  afterAll(async () => {
    await stack?.close()
    await server?.teardown()
  })

  it('lives through a rate limit of six hours and a restart of its worker, and pays for one answer', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ status: 429, retryAfter: SIX_HOURS_S, times: 1 }, { answer: 'at last' }])
    // Twice as long: the first that may be called again is called first.
    simulator.script('beta', [{ status: 429, retryAfter: 2 * SIX_HOURS_S }])
    const { id } = await holdfast.start({ route: 'report', prompt: 'take your time' })
    await simulator.waitForCalls(2, {}, 15_000)
    await stack.restart()
    // While it is waited for, the time skips. Once: the years that then pass are after every deadline.
    const result: GenerationResult = await server.client.workflow.getHandle(id).result()
    const { text, attempts, timings } = result
    expect(text).toBe('at last')
    expect(attempts.map(({ target, failure }) => [target, failure?.class ?? 'answered'])).toEqual([
      ['alpha/model-a', 'rate_limited'],
      ['beta/model-b', 'rate_limited'],
      ['alpha/model-a', 'answered'],
    ])
    expect(timings.totalMs).toBeGreaterThanOrEqual(SIX_HOURS_S * 1_000)
    expect(timings.totalMs).toBeLessThan((SIX_HOURS_S + 300) * 1_000)
    expect(simulator.calls({ outcome: 'answered' })).toHaveLength(1)
    expect(simulator.calls()).toHaveLength(3)
  }, 60_000)
})
