/** What a provider calls a request stands in the record of the attempt, however the attempt ended. */
import { until } from '../helpers/processes'
import { type Stack, startStack } from '../helpers/stack'

const APIS = {
  alpha: ['openai-chat', 'v1'],
  beta: ['anthropic-messages', 'v1'],
  gamma: ['openai-responses', 'v1'],
  delta: ['bedrock', 'v1'],
  epsilon: ['gemini', 'v1beta'],
} as const

let stack: Stack

beforeAll(async () => {
  stack = await startStack({
    config: (url) => `
providers:
${Object.entries(APIS)
  .map(([name, [api, path]]) => `  ${name}: { api: ${api}, baseUrl: ${url}/${name}/${path}, auth: none }`)
  .join('\n')}
defaults: { circuit: false, timeouts: { workerLost: 1s } }
routes:
  default:
    candidates: [alpha/model-a, beta/model-b]
    retry: { maximumAttempts: 1 }
`,
  })
})

afterAll(() => stack.close())

beforeEach(() => stack.simulator.reset())

const idOfCall = (provider: string): string | undefined => {
  const call = stack.simulator.calls({ provider }).at(-1)
  return call === undefined ? undefined : `req_sim_${call.index}`
}

const streamedBy = async (route: string) => {
  const { id } = await stack.holdfast.start({ route, prompt: 'go', stream: true })
  return stack.holdfast.result(id)
}

it.each(['alpha', 'beta', 'gamma', 'delta'])(
  '%s answers a call that it has named, streamed or not',
  async (name) => {
    const route = `${name}/any`
    const whole = await stack.holdfast.generate({ route, prompt: 'go' })
    expect(whole.attempts[0]?.requestId).toBe(idOfCall(name))
    expect(whole.attempts[0]?.requestId).toMatch(/^req_sim_\d+$/)
    const streamed = await streamedBy(route)
    expect(streamed.attempts[0]?.requestId).toBe(idOfCall(name))
  },
)

it('a provider that names no request leaves no name', async () => {
  const { attempts } = await stack.holdfast.generate({ route: 'epsilon/any', prompt: 'go' })
  expect(attempts).toHaveLength(1)
  expect(attempts[0]).not.toHaveProperty('requestId')
})

it('a failed attempt is named too, and each line of the log names its own', async () => {
  stack.simulator.script('alpha', [{ status: 503 }])
  const { id, attempts } = await stack.holdfast.generate({ prompt: 'go' })
  const [failed, answered] = attempts
  expect(failed).toMatchObject({ requestId: idOfCall('alpha'), failure: { requestId: idOfCall('alpha') } })
  expect(answered).toMatchObject({ target: 'beta/model-b', requestId: idOfCall('beta') })
  const lines = stack.lines().filter(({ event, generation }) => event === 'attempt' && generation === id)
  expect(lines.map(({ target, requestId }) => [target, requestId])).toEqual([
    ['alpha/model-a', idOfCall('alpha')],
    ['beta/model-b', idOfCall('beta')],
  ])
})

it('ATTEMPT-LOG-3: a call under way is named in its heartbeat, so that a lost worker takes no name with it', async () => {
  stack.simulator.script('alpha', [{ words: 40, stall: { after: 3 } }])
  const { id } = await stack.holdfast.start({ route: 'alpha/any', prompt: 'go', stream: true })
  const heartbeat = async (): Promise<string> => {
    const { raw } = await stack.client.workflow.getHandle(id).describe()
    return String(raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]?.data ?? '')
  }
  await until('it is named', async () => (await heartbeat()).includes(`"requestId":"${idOfCall('alpha')}"`))
  await stack.holdfast.cancel(id)
})

it('a call that was cut in the middle of its stream is named by its headers', async () => {
  stack.simulator.script('alpha', [{ words: 40, cut: { after: 3 } }])
  const { attempts } = await streamedBy('default')
  expect(attempts[0]?.failure).toBeDefined()
  expect(attempts[0]?.requestId).toBe(idOfCall('alpha'))
})

it('what a provider puts into the header goes nowhere unless it can be printed, and no further than its bound', async () => {
  stack.simulator.script('alpha', [{ answer: 'hi', headers: { 'x-request-id': 'ä\u0080' } }])
  const { attempts } = await stack.holdfast.generate({ route: 'alpha/any', prompt: 'go' })
  expect(attempts[0]).not.toHaveProperty('requestId')
  stack.simulator.script('alpha', [{ answer: 'hi', headers: { 'x-request-id': 'c'.repeat(8_000) } }])
  const long = await stack.holdfast.generate({ route: 'alpha/any', prompt: 'go again' })
  expect(long.attempts[0]?.requestId).toBe('c'.repeat(200))
})
