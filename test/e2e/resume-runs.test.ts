/** A generation that failed and is requested again is another run: positions of the one are none of the other. */
import { gatewayOver, jsonOf, parseEvents, type TestGateway } from '../helpers/gateway'
import { keyedStreams, lastIdOf, textOf } from '../helpers/keyed-streams'
import { type Stack, startStack } from '../helpers/stack'

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
defaults: { circuit: false, retry: { maximumAttempts: 1 } }
routes:
  default: { candidates: [alpha/m] }
`
const FIRST = 'Alpha one two three four five six'
const SECOND = 'Zulu uno dos tres cuatro cinco seis siete'

let stack: Stack
let gateway: TestGateway
beforeAll(async () => {
  stack = await startStack({ config, delivery: true })
  gateway = await gatewayOver(stack, config)
})
afterAll(async () => {
  await gateway.close()
  await stack.close()
})

const { ask } = keyedStreams(() => gateway)
const calls = (): number => stack.simulator.calls().length

it('a position of a run that failed starts nothing, and is none of the run that comes after', async () => {
  stack.simulator.script('alpha', [
    { answer: FIRST, tokenLatency: '5ms', cut: { after: 5 }, times: 1 },
    { answer: SECOND },
  ])
  const cut = await (await ask('k')).text()
  expect(textOf(cut)).toBe('Alpha one two three four')
  expect(cut).not.toContain('[DONE]')
  const lastId = lastIdOf(cut)

  const again = await ask('k', lastId)
  expect(again.status).toBe(503)
  expect(await jsonOf(again)).toMatchObject({ error: { code: 'all_failed' } })
  expect(calls()).toBe(1)

  const anew = await ask('k')
  const id = anew.headers.get('x-holdfast-generation')
  expect(textOf(await anew.text())).toBe(SECOND)
  const old = [
    await ask('k', lastId),
    await gateway.ask(`/v1/generations/${id}/events`, { headers: { 'last-event-id': lastId } }),
  ]
  for (const answer of old) {
    expect(answer.status).toBe(400)
    expect(await jsonOf(answer)).toMatchObject({
      error: { message: expect.stringContaining('an earlier run') },
    })
  }
  expect(calls()).toBe(2)
})

it('a position of the same run is taken, with its run or without', async () => {
  stack.simulator.script('alpha', [{ answer: SECOND, tokenLatency: '5ms' }])
  const body = await (await ask('same')).text()
  const first = parseEvents(body).find(({ data = '' }) => data.includes('uno'))?.id ?? ''
  const rest = SECOND.slice(SECOND.indexOf(' dos'))
  for (const given of [first, first.replace(/-.*/, '')]) {
    const resumed = await (await ask('same', given)).text()
    expect(textOf(resumed)).toBe(rest)
    expect(resumed).toContain('[DONE]')
  }
})

it.each(['3', '9999', '1-01234567'])(
  '%s is no position of a key that was never used: nothing is started',
  async (given) => {
    const before = calls()
    const answer = await ask(`never ${given}`, given)
    expect([answer.status, calls()]).toEqual([400, before])
  },
)

it.each(['x', '-1', '0x5', '+3', '003', '1e3', '5-', '5-xyz'])(
  '%j is no Last-Event-ID of a gateway',
  async (given) => {
    const answer = await gateway.ask('/v1/generations/any/events', { headers: { 'last-event-id': given } })
    expect(answer.status).toBe(400)
  },
)
