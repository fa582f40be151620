/** `holdfast gateway` as a process: what takes several of them. */
import { type ErrorBody, jsonOf, parseEvents } from '../helpers/gateway'
import { CHAT_BODY, end, type GatewayProcesses, gatewayProcesses, postChat } from '../helpers/gateway-process'
import { until } from '../helpers/processes'
import { type Stack, startStack } from '../helpers/stack'

let stack: Stack
let gateways: GatewayProcesses

beforeAll(async () => {
  stack = await startStack()
  gateways = gatewayProcesses(stack)
})
afterAll(async () => {
  await gateways.close()
  await stack.close()
})

it('past its grace names the generations that go on; the next gateway has the answer', async () => {
  const { simulator } = stack
  simulator.reset()
  simulator.script('alpha', [{ answer: 'after all', latency: '2s' }])
  const first = await gateways.start({ HOLDFAST_SHUTDOWN_GRACE: '300ms' })
  const key = { 'idempotency-key': 'handed-over' }
  const stream = postChat(first.url, { ...CHAT_BODY, stream: true }, key)
  await simulator.waitForCalls(1)
  await end(first.command)
  const cut = await stream
  expect(cut.status).toBe(503)
  expect(await jsonOf<ErrorBody>(cut)).toMatchObject({ error: { holdfast: { accepted: true } } })
  const second = await gateways.start()
  const resumed = await (await postChat(second.url, { ...CHAT_BODY, stream: true }, key)).text()
  expect(resumed).toContain('after all')
  expect(parseEvents(resumed).at(-1)?.data).toBe('[DONE]')
  expect(simulator.calls()).toHaveLength(1)
  await end(second.command)
})

it('past its grace ends soon, however long the generations that it named go on', async () => {
  const { simulator } = stack
  simulator.reset()
  simulator.script('alpha', [{ fault: 'silent' }])
  const { command, url } = await gateways.start({ HOLDFAST_SHUTDOWN_GRACE: '300ms' })
  let exited = false
  command.exited.then(() => {
    exited = true
  })
  const asking = Array.from({ length: 12 }, (_, at) => postChat(url, { ...CHAT_BODY, stream: at % 2 === 0 }))
  await simulator.waitForCalls(12)
  command.kill('SIGTERM')
  for (const { status, headers } of await Promise.all(asking))
    expect([status, headers.get('x-should-retry')]).toEqual([503, 'false'])
  await until('it has ended', () => exited)
  expect(await command.exited).toBe(0)
  expect(command.stderr()).not.toContain('Warning')
  expect(simulator.calls({ outcome: 'client_aborted' })).toEqual([])
})

it('logs a warning when it is configured to listen for others without keys', async () => {
  const open = await gateways.start({ HOLDFAST_OPEN: '1' }, '--host', '0.0.0.0')
  await open.command.says(/gateway_open/)
  const guarded = await gateways.start(
    { HOLDFAST_API_KEYS: 'acme:a' },
    '--host',
    '0.0.0.0',
    '--max-requests',
    '5',
  )
  expect((await postChat(guarded.url, CHAT_BODY)).status).toBe(401)
  expect(guarded.command.stderr()).not.toMatch(/gateway_open/)
  await end(open.command)
  await end(guarded.command)
})
