/** Failover drills on a real server: who answers while a target is out, and that it is back whatever dies. */
import { listCircuits } from '../../src/client/circuits'
import { followDrill, startFailover } from '../../src/client/drill'
import { forceCircuit } from '../../src/client/force-circuit'
import { parseConfig } from '../../src/config'
import type { FailoverInput } from '../../src/contract/drill'
import type { FailoverReport } from '../../src/domain/drill/failover'
import { until } from '../helpers/processes'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
defaults: { cache: { ttl: 1h } }
routes:
  default: { candidates: [alpha/model-a, beta/model-b] }
  alone: { candidates: [alpha/model-a], deadline: 5s }
  off: { candidates: [alpha/model-x, beta/model-b], circuit: false }
`
const TARGET = 'alpha/model-a'
const prompts = [{ prompt: 'ready?', expects: 'ready' }]

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ config, workers: 2 })
})
afterAll(() => stack.close())
beforeEach(() => {
  stack.simulator.reset()
  stack.simulator.script('beta', [{ answer: 'READY' }])
})

const drilled = async (
  input: Omit<FailoverInput, 'limitMs'> & { limitMs?: number },
): Promise<FailoverReport> =>
  followDrill(stack.client, await startFailover(stack.client, { limitMs: 60_000, ...input }, stack.taskQueue))
const stateOf = async (target = TARGET): Promise<string | undefined> => {
  const listed = await listCircuits(
    stack.client,
    parseConfig(config('http://x')),
    stack.taskQueue,
    Date.now(),
  )
  return listed.flatMap((one) => (one.known ? one.circuits : [])).find((one) => one.target === target)?.state
}
const force = (to: 'open' | 'closed' | 'auto') =>
  forceCircuit(stack.client, {
    config: parseConfig(config(stack.simulator.url)),
    taskQueue: stack.taskQueue,
    searchAttributes: false,
    target: TARGET,
    to,
  })

it('the other candidate answers while a target is out, and the circuit is as before', async () => {
  const report = await drilled({ target: TARGET, routes: ['default'], prompts })
  expect(report).toMatchObject({
    undone: true,
    cases: [{ route: 'default', passed: true, target: 'beta/model-b', attempts: 1 }],
  })
  expect(stack.simulator.calls().map(({ provider }) => provider)).toEqual(['beta'])
  expect(await stateOf()).toBe('closed')
})

it('a route without another candidate fails, and so does an answer that is not the known one', async () => {
  stack.simulator.script('beta', [{ answer: 'I can not say' }])
  const { cases, undone } = await drilled({ target: TARGET, prompts })
  expect(cases.map(({ route, passed }) => [route, passed])).toEqual([
    ['default', false],
    ['alone', false],
  ])
  expect(cases[0]?.why).toContain('lacks "ready"')
  expect(undone).toBe(true)
  expect(stack.simulator.calls({ provider: 'alpha' })).toEqual([])
})

it('a whole provider can be out', async () => {
  const { cases } = await drilled({ target: 'alpha', routes: ['default'], prompts })
  expect(cases).toMatchObject([{ passed: true, target: 'beta/model-b' }])
  expect(await stateOf('alpha')).toBe('closed')
})

it('what an operator has forced is refused, and stays', async () => {
  await force('closed')
  const error = await holdfastError(drilled({ target: TARGET, routes: ['default'], prompts }))
  expect(error.message).toContain('forced closed by an operator')
  expect(await stateOf()).toBe('forced_closed')
  await force('auto')
})

it.each([
  [{ target: 'alpha/model-q' }, /no route that answers messages has alpha\/model-q/],
  [{ target: TARGET, routes: ['nowhere'] }, /no route nowhere/],
  [{ target: 'alpha/model-x' }, /off has no circuits/],
  [{ target: TARGET, prompts: [{ prompt: ' ' }] }, /The prompt is empty/],
])('%j is refused before anything is changed', async (input, says) => {
  expect((await holdfastError(drilled(input))).message).toMatch(says)
  expect(await stateOf()).toBe('closed')
})

it('its time limit ends it, and gives the circuit back', async () => {
  stack.simulator.script('beta', [{ fault: 'silent' }])
  const { cases, undone } = await drilled({ target: TARGET, routes: ['default'], prompts, limitMs: 4_000 })
  expect(cases).toMatchObject([{ passed: false, why: expect.stringContaining('time limit') }])
  expect(undone).toBe(true)
  expect(await stateOf()).toBe('closed')
})

it('cancelled, it gives the circuit back', async () => {
  stack.simulator.script('beta', [{ fault: 'silent' }])
  const started = await startFailover(
    stack.client,
    { target: TARGET, routes: ['default'], prompts, limitMs: 60_000 },
    stack.taskQueue,
  )
  await stack.simulator.waitForCalls(1, { provider: 'beta' }, 15_000)
  expect(await stateOf()).toBe('forced_open')
  await expect(startFailover(stack.client, { target: TARGET, limitMs: 1 }, stack.taskQueue)).rejects.toThrow(
    /runs already/,
  )
  await started.handle.cancel()
  await expect(started.handle.result()).rejects.toThrow()
  expect(await stateOf()).toBe('closed')
})

it('terminated, what it has forced is over by itself', async () => {
  stack.simulator.script('beta', [{ fault: 'silent' }])
  const started = await startFailover(
    stack.client,
    { target: TARGET, routes: ['default'], prompts, limitMs: 60_000 },
    stack.taskQueue,
  )
  await until('it is out', async () => (await stateOf()) === 'forced_open')
  await started.handle.terminate()
  const { client, taskQueue } = stack
  const inAnHour = Date.now() + 3_600_000
  const listed = await listCircuits(client, parseConfig(config('http://x')), taskQueue, inAnHour)
  const rows = listed.flatMap((one) => (one.known ? one.circuits : []))
  expect(rows.find((one) => one.target === TARGET)?.state).toBe('closed')
  await force('auto')
})
