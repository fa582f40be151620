/** `holdfast gateway` as a process: SIGTERM with requests in flight, Temporal away. More: test/long/gateway-process.test.ts. */
import { createServer } from 'node:net'
import { type ErrorBody, jsonOf } from '../helpers/gateway'
import { CHAT_BODY, end, type GatewayProcesses, gatewayProcesses, postChat } from '../helpers/gateway-process'
import { listen, timed } from '../helpers/sockets'
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

it('lets requests in flight end at SIGTERM, streams as well, and loses none that was accepted', async () => {
  const { simulator } = stack
  simulator.script('alpha', [
    { answer: 'one', latency: '1500ms' },
    { words: 10, latency: '1500ms' },
  ])
  const { command, url } = await gateways.start()
  const whole = postChat(url, CHAT_BODY)
  await simulator.waitForCalls(1)
  const stream = postChat(url, { ...CHAT_BODY, stream: true })
  await simulator.waitForCalls(2)
  command.kill('SIGTERM')
  await command.says(/draining/)
  const ready = await fetch(`${url}/readyz`)
  expect([ready.status, await jsonOf(ready)]).toEqual([503, expect.objectContaining({ draining: true })])
  expect((await postChat(url, CHAT_BODY)).status).toBe(503)
  expect(await (await whole).text()).toContain('one')
  expect(await (await stream).text()).toMatch(/data: \[DONE\]\n\n$/)
  expect(await command.exited).toBe(0)
  expect(simulator.calls()).toHaveLength(2)
})

it('does not start without keys where others can reach it, and says what to set', async () => {
  const { command } = gateways.run({}, '--host', '0.0.0.0')
  expect(await command.exited).toBe(1)
  expect(command.stderr()).toMatch(/HOLDFAST_API_KEYS=.*HOLDFAST_OPEN=1/)
  expect(command.stdout()).toBe('')
})

it('without Temporal is not ready, and refuses within 2.5 s what it can not start', async () => {
  const nobody = await listen(createServer())
  await nobody.close()
  const silent = await listen(createServer())
  const away = await Promise.all(
    [nobody, silent].map(({ port }) => gateways.start({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` })),
  )
  const expectRefusal = async ({ url, command }: (typeof away)[number]) => {
    const { value, ownMs } = await timed(() => postChat(url, CHAT_BODY))
    expect([value.status, Number(value.headers.get('retry-after'))]).toEqual([503, expect.any(Number)])
    const { error } = await jsonOf<ErrorBody>(value)
    expect(error.holdfast).toMatchObject({ kind: 'unavailable', accepted: false })
    expect(ownMs).toBeLessThan(2_500)
    const ready = await fetch(`${url}/readyz`)
    expect([ready.status, await jsonOf(ready)]).toEqual([
      503,
      { ok: false, temporal: false, worker: false, reason: expect.stringMatching(/TEMPORAL_ADDRESS/) },
    ])
    await end(command)
  }
  await Promise.all(away.map(expectRefusal))
  await silent.close()
})
