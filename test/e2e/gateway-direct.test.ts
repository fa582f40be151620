/** `holdfast gateway` as a process, with `whenTemporalDown: direct` and a Temporal that was never there. */
import { createServer } from 'node:net'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Commands, commands } from '../helpers/commands'
import { jsonOf } from '../helpers/gateway'
import { CHAT_BODY, end, postChat } from '../helpers/gateway-process'
import { until } from '../helpers/processes'
import { listen } from '../helpers/sockets'
import { twoProviders } from '../helpers/stack'

let simulator: Simulator
let host: Commands

beforeAll(async () => {
  simulator = await startSimulator()
  host = commands()
  host.file('holdfast.yaml', `whenTemporalDown: direct\n${twoProviders(simulator.url)}`)
})
afterAll(async () => {
  await host.close()
  await simulator.close()
})

it('answers by itself, is not ready, refuses what has a key, and lets a stream end at SIGTERM', async () => {
  const nobody = await listen(createServer())
  await nobody.close()
  const command = host.run(['gateway', '--port', '0'], { TEMPORAL_ADDRESS: `127.0.0.1:${nobody.port}` })
  const [, url = ''] = await command.says(/Gateway at (http:\/\/[^:]+:\d+)/)
  simulator.script('alpha', [{ status: 503 }])
  simulator.script('beta', [
    { answer: 'from beta', times: 1 },
    { words: 10, tokenLatency: '100ms' },
  ])
  const [whole, ready, keyed] = await Promise.all([
    postChat(url, CHAT_BODY, { 'x-request-id': 'mine' }),
    fetch(`${url}/readyz`),
    postChat(url, CHAT_BODY, { 'idempotency-key': 'k' }),
  ])
  expect([whole.status, whole.headers.get('x-holdfast-durable')]).toEqual([200, 'false'])
  expect(await jsonOf(whole)).toMatchObject({
    model: 'beta/model-b',
    choices: [{ message: { content: 'from beta' } }],
    holdfast: { durable: false, attempts: [{}, {}, {}] },
  })
  expect([ready.status, keyed.status, keyed.headers.has('retry-after')]).toEqual([503, 503, true])

  const named = () =>
    command
      .stderr()
      .split('\n')
      .filter((line) => line.includes('"metadata.requestId":"mine"'))
  await until('all lines of it are there', () => named().length === 4)
  expect(named().map((line) => JSON.parse(line).event)).toEqual([
    'attempt',
    'attempt',
    'attempt',
    'generation',
  ])

  const stream = await postChat(url, { ...CHAT_BODY, stream: true })
  expect(stream.headers.get('x-holdfast-durable')).toBe('false')
  const [text] = await Promise.all([stream.text(), end(command)])
  expect(text).toMatch(/data: \[DONE\]\n\n$/)
  expect(simulator.calls({ provider: 'beta' })).toHaveLength(2)
})
