/**
 * A generation that has been tried hundreds of times ends all the same: its records are bounded by bytes wherever they
 * leave the workflow, so that no message of it passes the cluster's limit of 2 MiB.
 */

import { parseConfig } from '../../src/config'
import {
  GENERATION_WORKFLOW,
  type GenerationInput,
  type GenerationResult,
} from '../../src/contract/generation'
import type { AttemptRecord } from '../../src/domain/routing/attempt'
import { prepare } from '../../src/request'
import { type Stack, startStack } from '../helpers/stack'

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
defaults: { circuit: false, retry: { maximumAttempts: 5, initialInterval: 1ms } }
routes:
  default: { candidates: [alpha/model-a, beta/model-b], passes: 10, deadline: 2m }
`

/** Just under 2 MiB. */
const FULL_INPUT_BYTES = 2_096_500

/** As 380 calls before have left them, each with the longest message there is. */
const earlier = (at: number): AttemptRecord[] =>
  Array.from({ length: 380 }, (_, index) => ({
    candidate: index % 2,
    target: 'alpha/model-a',
    number: 1 + index,
    startedAt: at - 1_000_000 + 1_000 * index,
    durationMs: 20,
    failure: { class: 'overloaded', status: 503, message: 'ü'.repeat(300), code: 'server_overloaded' },
  }))

describe('a generation with hundreds of attempts', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config })
  })
  afterAll(() => stack?.close())
  beforeEach(() => stack.simulator.reset())

  const start = (id: string) => {
    const { simulator, client, taskQueue } = stack
    const prepared = (prompt: string) => prepare(parseConfig(config(simulator.url)), { prompt })
    const now = Date.now()
    const dispatch = { pass: 1, pausedUntil: now }
    const resumed = { dispatch, records: earlier(now), order: 380, startedAt: now - 1_000_000, log: id }
    const inputOf = ({ route, request }: ReturnType<typeof prepared>): GenerationInput => ({
      id,
      tenant: null,
      route,
      request,
      deadlineAt: now + 60_000,
      searchAttributes: false,
      resumed,
    })
    // As full as the cluster takes it: what it is continued with must not be longer.
    const rest = Buffer.byteLength(JSON.stringify(inputOf(prepared('x'))))
    const input = inputOf(prepared('x'.repeat(FULL_INPUT_BYTES - rest)))
    return client.workflow.start(GENERATION_WORKFLOW, { workflowId: id, taskQueue, args: [input] })
  }

  it('is continued as new and ends with its answer, however long the request is', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ status: 503, times: 5 }, { answer: 'at last' }])
    simulator.script('beta', [{ status: 503 }])
    const handle = await start(`long-records-${Date.now()}`)
    const result: GenerationResult = await handle.result()
    expect(result.text).toBe('at last')
    expect((await handle.describe()).runId).not.toBe(handle.firstExecutionRunId)
    expect(simulator.calls()).toHaveLength(11)
    // The latest are there, and the first: what is missing is between them.
    expect(result.attempts.length).toBeGreaterThan(300)
    expect(result.attempts.at(-1)).toMatchObject({ target: 'alpha/model-a', number: 1 })
    expect(await stack.holdfast.attempts(handle.workflowId)).toHaveLength(result.attempts.length)
  }, 60_000)

  it('ends with the longest answer there is', async () => {
    stack.simulator.script('alpha', [{ answer: 'y'.repeat(1_980_000) }])
    const handle = await start(`long-answer-${Date.now()}`)
    const result: GenerationResult = await handle.result()
    expect(result.text).toHaveLength(1_980_000)
    expect(result.attempts.length).toBeGreaterThan(20)
  }, 60_000)

  it('takes no more of a provider’s request id than a record can carry', async () => {
    const headers = { 'x-request-id': 'c'.repeat(8_000) }
    stack.simulator.script('alpha', [{ status: 503, headers }])
    stack.simulator.script('beta', [{ answer: 'the other one' }])
    const { text, attempts } = await stack.holdfast.generate({ prompt: 'go' })
    expect(text).toBe('the other one')
    expect(attempts.map(({ failure }) => failure?.class)).toEqual([...Array(5).fill('overloaded'), undefined])
    expect(attempts[0]?.failure?.requestId).toBe('c'.repeat(200))
  })
})
