/** `holdfast limits`: what it prints for people and as JSON, and what it does where there is nothing to read. */
import { type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/processes'
import { type Stack, startStack } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

const RPM = 20
const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none, limits: { requestsPerMinute: ${RPM} } }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
models:
  beta/model-b: { limits: { tokensPerDay: 5000 } }
routes:
  default: { candidates: [alpha/model-a] }
`

let stack: Stack
let host: Commands
let file: string
beforeAll(async () => {
  stack = await startStack({ config })
  host = commands()
  file = host.file('holdfast.yaml', config(stack.simulator.url))
  // Half of it and one more: what is far from its limit is not reported.
  await Promise.all(
    Array.from({ length: RPM / 2 + 1 }, (_, n) => stack.holdfast.generate({ prompt: `number ${n}` })),
  )
  await until('it is reported', async () => (await limitsOf('alpha'))[0]?.used != null, 20_000)
}, 60_000)
afterAll(async () => {
  await host?.close()
  await stack?.close()
})

async function limits(...args: string[]) {
  return limitsAt(testServer().address, ...args)
}

async function limitsAt(address: string, ...args: string[]) {
  const env = { TEMPORAL_ADDRESS: address, HOLDFAST_TASK_QUEUE: stack.taskQueue }
  const command = host.run(['limits', ...args, ...(args.includes('--config') ? [] : ['--config', file])], env)
  const exit = await command.exited
  return { exit, stdout: command.stdout(), stderr: command.stderr() }
}

async function limitsOf(provider: string) {
  const { providers } = JSON.parse((await limits('--json')).stdout)
  return providers.find((one: { provider: string }) => one.provider === provider).limits
}

it('a row for each limit: what is used where a worker came near it, and nothing where none did', async () => {
  const { exit, stdout, stderr } = await limits()
  expect([exit, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/limit +│ key +│ of +│ source +│ used +│ waiting +│ reported/)
  expect(stdout).toMatch(/│ alpha +│ +│ 20 requests in 1m?.* │ config +│ \d\d % +│ +│ .* ago +│/)
  expect(stdout).toMatch(/│ beta\/model-b +│ +│ 5000 tokens in .* │ config +│ +│ +│ +│/)
})

it('--json has all of it, with moments in epoch milliseconds', async () => {
  const { exit, stdout } = await limits('--json')
  expect(exit).toBe(0)
  const { at, taskQueue, providers } = JSON.parse(stdout)
  expect(Math.abs(Date.now() - at)).toBeLessThan(60_000)
  const common = { key: null, source: 'config', waiting: 0 }
  expect({ taskQueue, providers }).toEqual({
    taskQueue: stack.taskQueue,
    providers: [
      {
        provider: 'alpha',
        problem: null,
        limits: [
          {
            ...common,
            target: 'alpha',
            unit: 'requests',
            amount: RPM,
            windowMs: 60_000,
            used: expect.any(Number),
            at: expect.any(Number),
          },
        ],
      },
      {
        provider: 'beta',
        problem: null,
        limits: [
          {
            ...common,
            target: 'beta/model-b',
            unit: 'tokens',
            amount: 5_000,
            windowMs: 86_400_000,
            used: null,
            at: null,
          },
        ],
      },
    ],
  })
})

it('a config without limits, of which none was learned, has none to list', async () => {
  const without = host.file(
    'without.yaml',
    `
providers: { other: { api: openai-chat, baseUrl: ${stack.simulator.url}/other/v1, auth: none } }
routes: { default: { candidates: [other/model] } }
`,
  )
  const [text, json] = await Promise.all([limits('--config', without), limits('--config', without, '--json')])
  expect(text).toEqual({ exit: 0, stdout: 'No limit is configured, and none was learned\n', stderr: '' })
  expect(JSON.parse(json.stdout)).toMatchObject({ providers: [{ provider: 'other', limits: [] }] })
})

it('while Temporal is away it fails, and says so', async () => {
  const nowhere = '127.0.0.1:1'
  const [text, json] = await Promise.all([limitsAt(nowhere), limitsAt(nowhere, '--json')])
  expect([text.exit, text.stdout]).toEqual([1, ''])
  expect(text.stderr).toMatch(/^holdfast limits: .*127\.0\.0\.1:1.*\n$/)
  expect(json.exit).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({ error: { kind: 'unavailable', accepted: false } })
})
