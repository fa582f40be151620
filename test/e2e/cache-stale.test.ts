/** An old answer in place of an error: when it is served, and when it must not be. */

import { MAX_ANSWER_BYTES } from '../../src/contract/generation'
import type { AttemptRecord } from '../../src/domain/routing/attempt'
import { HOUR } from '../helpers/cache'
import { type CacheStack, PAST_FRESH_MS, startCacheStack } from '../helpers/cache-stack'
import { holdfastError } from '../helpers/stack'

const ROUTES = `
  default: { candidates: [alpha/model-a, beta/model-b], cache: { ttl: 1h, staleIfError: 24h } }
  race: { candidates: [alpha/model-a, beta/model-b], strategy: race, cache: { ttl: 1h, staleIfError: 24h } }
  streamed: { candidates: [alpha/model-a, beta/model-b], upstream: stream, cache: { ttl: 1h, staleIfError: 24h } }
  never: { candidates: [alpha/model-a], cache: { ttl: 1h, staleIfError: 0ms } }`

const DOWN = [{ status: 503 }]

let stack: CacheStack
beforeAll(async () => {
  stack = await startCacheStack({ routes: ROUTES })
})
afterAll(() => stack.close())
beforeEach(() => stack.simulator.reset())

const classesOf = (attempts: readonly AttemptRecord[]) => attempts.map(({ failure }) => failure?.class)
const called = () => stack.simulator.calls().map(({ provider, model }) => `${provider}/${model}`)

/** Alpha has answered `old`, some hours ago. */
async function oldAnswer(prompt: string, route?: string, agedMs = PAST_FRESH_MS): Promise<void> {
  stack.simulator.script('alpha', [{ answer: 'old' }])
  stack.simulator.script('beta', [{ answer: 'old' }])
  await stack.holdfast.generate({ prompt, route })
  await stack.age({ prompt, route }, agedMs)
  stack.simulator.reset()
}

function scripted(alpha: readonly object[], beta: readonly object[] = alpha): void {
  stack.simulator.script('alpha', alpha)
  stack.simulator.script('beta', beta)
}

const attributesOf = async (id: string) => {
  const { searchAttributes } = await stack.client.workflow.getHandle(id).describe()
  const { HoldfastServed, HoldfastOutcome, HoldfastAttempts, HoldfastTarget } = searchAttributes
  return { HoldfastServed, HoldfastOutcome, HoldfastAttempts, HoldfastTarget }
}

it('is served when every candidate has failed: marked, with its age and all attempts', async () => {
  await oldAnswer('a')
  scripted(DOWN)
  const result = await stack.holdfast.generate({ prompt: 'a' })
  expect(result).toMatchObject({
    served: 'stale',
    text: 'old',
    target: 'alpha/model-a',
    costUsd: 0,
    attempts: [
      { target: 'alpha/model-a', failure: { class: 'overloaded' } },
      { target: 'beta/model-b', failure: { class: 'overloaded' } },
    ],
  })
  expect(result.cacheAgeMs).toBeGreaterThanOrEqual(PAST_FRESH_MS)
  expect(result.cacheAgeMs).toBeLessThan(PAST_FRESH_MS + 60_000)
  expect(await attributesOf(result.id)).toEqual({
    HoldfastServed: ['stale'],
    HoldfastOutcome: ['answered'],
    HoldfastAttempts: [2],
    HoldfastTarget: ['alpha/model-a'],
  })
})

it.each([
  ['in sequence', undefined],
  ['in a race', 'race'],
])('is not served while a candidate is left, %s', async (name, route) => {
  const prompt = `b ${name}`
  await oldAnswer(prompt, route)
  scripted(DOWN, [{ answer: 'new', latency: '300ms' }])
  const result = await stack.holdfast.generate({ prompt, route })
  expect(result).toMatchObject({ served: 'provider', text: 'new', target: 'beta/model-b' })
  expect(called().sort()).toEqual(['alpha/model-a', 'beta/model-b'])
})

it('gives way to a fresh answer as soon as there is one', async () => {
  await oldAnswer('c')
  const ask = async () => {
    const { text, served } = await stack.holdfast.generate({ prompt: 'c' })
    return `${text} of ${served}`
  }
  scripted(DOWN)
  expect([await ask(), await ask()]).toEqual(['old of stale', 'old of stale'])
  scripted([{ answer: 'new' }])
  expect(await ask()).toBe('new of provider')
  scripted(DOWN)
  expect(await ask()).toBe('new of cache')
})

it.each([
  ['that is refused as invalid', [{ status: 400 }], 'invalid_request'],
  ['whose content is refused', [{ fault: 'content_refused' }], 'content_refused'],
] as const)('is never served for a request %s', async (name, steps, failureClass) => {
  await oldAnswer(name)
  scripted(steps)
  const error = await holdfastError(stack.holdfast.generate({ prompt: name }))
  expect(error).toMatchObject({ kind: 'invalid_request', failureClass })
})

it('is served too when the deadline passes before an answer', async () => {
  await oldAnswer('d')
  scripted([{ fault: 'silent' }])
  const generateRequest = { prompt: 'd', override: { deadline: '500ms' } }
  const { served, text, attempts } = await stack.holdfast.generate(generateRequest)
  expect({ served, text }).toEqual({ served: 'stale', text: 'old' })
  expect(attempts.length).toBeGreaterThanOrEqual(1)
})

it('is served where the answers are too large to be carried', async () => {
  await oldAnswer('too large')
  scripted([{ answer: 'y'.repeat(MAX_ANSWER_BYTES + 1) }])
  const { served, text, attempts } = await stack.holdfast.generate({ prompt: 'too large' })
  expect({ served, text }).toEqual({ served: 'stale', text: 'old' })
  expect(classesOf(attempts)).toEqual(['answer_too_large', 'answer_too_large'])
})

it('is served after an internal error', async () => {
  await oldAnswer('ours', 'streamed')
  const breaks = 'unreadable'
  scripted([{ answer: breaks }])
  const byteLength = Buffer.byteLength.bind(Buffer)
  const spy = jest.spyOn(Buffer, 'byteLength').mockImplementation((value, encoding) => {
    if (String(value).trim() === breaks) throw new TypeError('a fault')
    return byteLength(value, encoding)
  })
  try {
    const { served, text, attempts } = await stack.holdfast.generate({ prompt: 'ours', route: 'streamed' })
    expect({ served, text }).toEqual({ served: 'stale', text: 'old' })
    expect(classesOf(attempts)).toEqual(['internal_error', 'internal_error'])
  } finally {
    spy.mockRestore()
  }
})

it('is served where no provider can be called at all', async () => {
  await oldAnswer('e')
  scripted([{ fault: 'refuse' }])
  expect(await stack.holdfast.generate({ prompt: 'e' })).toMatchObject({ served: 'stale' })
})

it.each(['no-cache', 'no-store'] as const)('is not served to one that says %s', async (cache) => {
  await oldAnswer(cache)
  scripted(DOWN)
  expect((await holdfastError(stack.holdfast.generate({ prompt: cache, cache }))).kind).toBe('all_failed')
})

it('is gone after staleIfError', async () => {
  await oldAnswer('f', undefined, 26 * HOUR)
  scripted(DOWN)
  const error = await holdfastError(stack.holdfast.generate({ prompt: 'f' }))
  expect(error).toMatchObject({ kind: 'all_failed', attempts: [{}, {}] })
})

it('is not served beyond what the request allows, nor where the route wants none', async () => {
  await oldAnswer('g')
  scripted(DOWN)
  const strict = { prompt: 'g', override: { cache: { staleIfError: '30m' } } }
  expect((await holdfastError(stack.holdfast.generate(strict))).kind).toBe('all_failed')
  expect((await stack.holdfast.generate({ prompt: 'g' })).served).toBe('stale')

  scripted([{ answer: 'old' }])
  await stack.holdfast.generate({ prompt: 'h', route: 'never' })
  await stack.age({ prompt: 'h', route: 'never' }, HOUR)
  scripted(DOWN)
  const error = await holdfastError(stack.holdfast.generate({ prompt: 'h', route: 'never' }))
  expect(error.kind).toBe('all_failed')
})

it('is not served where it breaks the schema of the request', async () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const
  const generateRequest = { prompt: 'i', schema: schema as never }
  scripted([{ answer: '{"city":"Oslo"}' }])
  await stack.holdfast.generate(generateRequest)
  await stack.age(generateRequest, PAST_FRESH_MS)
  scripted(DOWN)
  expect(await stack.holdfast.generate(generateRequest)).toMatchObject({
    served: 'stale',
    output: { city: 'Oslo' },
  })
  await stack.alter(generateRequest, { text: '{"city":7}' })
  expect((await holdfastError(stack.holdfast.generate(generateRequest))).kind).toBe('all_failed')
})
