/** A stream that ended because the next model used other words, and is requested again under its key. */
import { gatewayOver, jsonOf, parseEvents, type TestGateway } from '../helpers/gateway'
import { keyedStreams, lastIdOf, textOf } from '../helpers/keyed-streams'
import { type Stack, startStack } from '../helpers/stack'

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
defaults: { circuit: false, retry: { maximumAttempts: 1 } }
routes:
  default: { candidates: [alpha/m, beta/m] }
`
const CUT = 'Alpha one two three four five six'
const WHOLE = 'Zulu uno dos tres cuatro cinco seis siete ocho nueve diez'

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

async function rescued(key: string, latency: string): Promise<string> {
  stack.simulator.script('alpha', [{ answer: CUT, tokenLatency: '5ms', cut: { after: 5 }, times: 1 }])
  stack.simulator.script('beta', [{ answer: WHOLE, tokenLatency: latency }])
  const first = await (await ask(key)).text()
  expect(textOf(first)).toBe('Alpha one two three four')
  expect(first).toContain('in other words')
  expect(first).not.toContain('[DONE]')
  return lastIdOf(first)
}

it.each([
  ['while the next model still streams', '40ms'],
  ['when the answer is there', '1ms'],
])(
  '%s: a new stream has the whole answer once, and a resumed one gets an error: its text is void',
  async (_, latency) => {
    const key = `again ${latency}`
    const before = calls()
    const lastId = await rescued(key, latency)
    const again = await ask(key)
    expect(again.status).toBe(200)
    const body = await again.text()
    expect([textOf(body), body.includes('[DONE]')]).toEqual([WHOLE, true])
    const resumed = await ask(key, lastId)
    expect(resumed.status).toBe(503)
    expect(await jsonOf(resumed)).toMatchObject({
      error: { message: expect.stringContaining('in other words') },
    })
    // And once more, each.
    expect(textOf(await (await ask(key)).text())).toBe(WHOLE)
    expect((await ask(key, lastId)).status).toBe(503)
    expect(calls() - before).toBe(2)
  },
)

it('a new stream that is cut resumes at its position', async () => {
  await rescued('cut', '20ms')
  const body = await (await ask('cut')).text()
  const at = parseEvents(body).find(({ data = '' }) => data.includes('uno'))?.id ?? ''
  const resumed = await (await ask('cut', at)).text()
  expect([textOf(resumed), resumed.includes('[DONE]')]).toEqual([WHOLE.slice(WHOLE.indexOf(' dos')), true])
})
