/** Equal requests in flight share one generation where the route says `coalesce`: what they share, and what stays each one's own. */
import { createHoldfast, type Holdfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type CacheStack, cacheConfig, onDisk, PAST_FRESH_MS, startCacheStack } from '../helpers/cache-stack'
import { runProgram } from '../helpers/processes'
import { holdfastError } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

const ROUTES = `
  default: { candidates: [alpha/model-a], cache: { ttl: 1h, staleIfError: 24h, coalesce: true } }
  other: { candidates: [alpha/model-a], cache: { ttl: 1h, coalesce: true } }
  apart: { candidates: [alpha/model-a], cache: { ttl: 1h } }`

let stack: CacheStack
let holdfast: Holdfast
beforeAll(async () => {
  stack = await startCacheStack({ routes: ROUTES })
  holdfast = stack.holdfast
})
afterAll(() => stack.close())
beforeEach(() => stack.simulator.reset())

const alpha = (...steps: object[]) => stack.simulator.script('alpha', steps)
const calls = () => stack.simulator.calls().length
const times = <T>(count: number, act: () => Promise<T>) =>
  Promise.all(Array.from({ length: count }, () => act()))

it('200 at once: one paid call, 200 answers', async () => {
  alpha({ answer: 'shared', latency: '1s' })
  const answers = await times(200, () => holdfast.generate({ prompt: 'all together' }))
  expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['shared']))
  expect(calls()).toBe(1)
})

it('does so only where the route says it, and not where the request says no', async () => {
  alpha({ answer: 'own', latency: '300ms' })
  await times(2, () => holdfast.generate({ prompt: 'apart', route: 'apart' }))
  const override = { cache: { coalesce: false } }
  await times(2, () => holdfast.generate({ prompt: 'apart', override }))
  expect(calls()).toBe(4)
})

it('all callers get a failure, and it is not kept: the next request calls again', async () => {
  alpha({ status: 503, latency: '1s', times: 1 }, { answer: 'back' })
  const ask = () => holdfast.generate({ prompt: 'failure' })
  const errors = await times(20, () => holdfastError(ask()))
  expect(new Set(errors.map(({ kind }) => kind))).toEqual(new Set(['all_failed']))
  expect(new Set(errors.map(({ attempts }) => attempts.length))).toEqual(new Set([1]))
  expect(calls()).toBe(1)
  expect(await ask()).toMatchObject({ served: 'provider', text: 'back' })
})

it('requests that differ in anything do not meet', async () => {
  alpha({ answer: 'own', latency: '500ms' })
  const prompt = 'differ'
  const { simulator, taskQueue, client } = stack
  const config = parseConfig(cacheConfig(simulator.url, onDisk('unused'), ROUTES))
  const { connection } = client
  const acme = await createHoldfast({ config, connection, env: {}, taskQueue, tenant: 'acme' })
  const schema = { type: 'object' } as never
  const results = await Promise.all([
    holdfast.generate({ prompt }),
    holdfast.generate({ prompt: `${prompt} ` }),
    holdfast.generate({ prompt, route: 'other' }),
    holdfast.generate({ prompt, params: { seed: 1 } }),
    holdfast.generate({
      messages: [
        { role: 'system', content: prompt },
        { role: 'user', content: prompt },
      ],
    }),
    // Past the cache: should it come late, the first one's answer would be there.
    holdfast.generate({ prompt, idempotencyKey: `differ-${taskQueue}`, cache: 'no-cache' }),
    holdfast.generate({ prompt, cache: 'no-cache' }),
    holdfast.generate({ prompt, cache: 'no-store' }),
    acme.generate({ prompt }),
    holdfastError(holdfast.generate({ prompt, schema })),
  ])
  // `own` is no JSON: the one with a schema is called in vain.
  expect(results.map((one) => ('id' in one ? one.served : one.kind))).toEqual([
    ...Array(9).fill('provider'),
    'all_failed',
  ])
  expect(calls()).toBe(10)
  await acme.close()
})

describe('a caller that aborts', () => {
  it('hurts no other, and does not end the call', async () => {
    alpha({ answer: 'shared', latency: '1s' })
    const controller = new AbortController()
    const { signal } = controller
    const leaves = holdfastError(holdfast.generate({ prompt: 'abort', signal }))
    await stack.simulator.waitForCalls(1)
    const stays = holdfast.generate({ prompt: 'abort' })
    controller.abort()
    expect(await leaves).toMatchObject({ kind: 'cancelled', accepted: true })
    expect(await stays).toMatchObject({ text: 'shared' })
    expect(stack.simulator.calls().map(({ outcome }) => outcome)).toEqual(['answered'])
  })

  it('and all the others with it: the call ends by itself, and its answer is kept', async () => {
    alpha({ answer: 'for later', latency: '1s' })
    const controller = new AbortController()
    const { signal } = controller
    const leaving = times(5, () => holdfastError(holdfast.generate({ prompt: 'all abort', signal })))
    await stack.simulator.waitForCalls(1)
    controller.abort()
    expect((await leaving).map(({ kind }) => kind)).toEqual(Array(5).fill('cancelled'))
    await stack.simulator.waitForCalls(1, { outcome: 'answered' })
    // Attached to it while it ends, or after: one call in all.
    expect(await holdfast.generate({ prompt: 'all abort' })).toMatchObject({ text: 'for later' })
    expect(calls()).toBe(1)
  })

  it('is not let down by another one’s cancel: who still waits starts it anew', async () => {
    alpha({ fault: 'silent', times: 1 }, { answer: 'second' })
    const { id } = await holdfast.start({ prompt: 'cancelled' })
    const waits = holdfast.generate({ prompt: 'cancelled' })
    await stack.simulator.waitForCalls(1)
    await holdfast.cancel(id)
    expect(await waits).toMatchObject({ text: 'second', served: 'provider' })
  })
})

describe('each keeps its own deadline', () => {
  it('a shorter one gives up alone', async () => {
    alpha({ answer: 'in time', latency: '2500ms' })
    const patient = holdfast.generate({ prompt: 'shorter' })
    await stack.simulator.waitForCalls(1)
    const short = holdfastError(holdfast.generate({ prompt: 'shorter', override: { deadline: '500ms' } }))
    expect(await Promise.race([short, patient])).toMatchObject({ kind: 'deadline_exceeded' })
    expect(await patient).toMatchObject({ text: 'in time', served: 'provider' })
    expect(calls()).toBe(1)
  })

  it('a longer one outlives the end of the one that began it, whose error has the attempts', async () => {
    alpha({ fault: 'silent', times: 1 }, { answer: 'at last' })
    const short = holdfastError(holdfast.generate({ prompt: 'longer', override: { deadline: '2s' } }))
    await stack.simulator.waitForCalls(1)
    const patient = holdfast.generate({ prompt: 'longer' })
    expect(await short).toMatchObject({
      kind: 'deadline_exceeded',
      attempts: [{ target: 'alpha/model-a' }],
    })
    expect(await patient).toMatchObject({ text: 'at last' })
    expect(calls()).toBe(2)
  })

  it('and at its end gets the old answer, where there is one', async () => {
    alpha({ answer: 'old', times: 1 }, { fault: 'silent' })
    await holdfast.generate({ prompt: 'old' })
    await stack.age({ prompt: 'old' }, PAST_FRESH_MS)
    const generateRequest = { prompt: 'old', override: { deadline: '1s' } }
    const answers = await times(5, () => holdfast.generate(generateRequest))
    expect(answers.map(({ text, served }) => `${text} of ${served}`)).toEqual(Array(5).fill('old of stale'))
    expect(calls()).toBe(2)
  })
})

describe('clients in processes of their own', () => {
  const program = (more: object = {}) =>
    runProgram('coalescing-client.ts', [
      JSON.stringify({
        config: cacheConfig(stack.simulator.url, onDisk('unused'), ROUTES),
        address: testServer().address,
        taskQueue: stack.taskQueue,
        count: 10,
        ...more,
      }),
    ])

  it('share one call', async () => {
    alpha({ answer: 'shared', latency: '4s' })
    const two = [program({ prompt: 'processes' }), program({ prompt: 'processes' })]
    const firstLines = await Promise.all(two.map(({ firstLine }) => firstLine))
    expect(firstLines).toEqual(Array(2).fill({ kinds: Array(10).fill('shared') }))
    expect(calls()).toBe(1)
  })

  it.each([
    ['while they start', 0],
    ['while they wait', 1_500],
  ])('end soon after they have aborted, %s, though the generation goes on', async (prompt, abortAfterMs) => {
    alpha({ fault: 'silent' })
    const { firstLine, process: child } = program({ prompt, abortAfterMs })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    expect(await firstLine).toEqual({ kinds: Array(10).fill('cancelled') })
    const saidAt = Date.now()
    expect(await ended).toBe(0)
    expect(Date.now() - saidAt).toBeLessThan(3_000)
    await holdfast.cancel(`gen-${stack.keyOf({ prompt })}`).catch(() => undefined)
  })
})
