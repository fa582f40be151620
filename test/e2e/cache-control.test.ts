/** What a request may say of the cache: `default | no-cache | no-store | only-if-cached`. */
import path from 'node:path'
import { WorkflowFailedError } from '@temporalio/client'
import { Worker } from '@temporalio/worker'
import type { CacheControl } from '../../src/domain/caching/cache'
import { type CacheStack, PAST_FRESH_MS, startCacheStack } from '../helpers/cache-stack'
import { until } from '../helpers/processes'
import { holdfastError } from '../helpers/stack'

const ROUTES = `
  default: { candidates: [alpha/model-a], cache: { ttl: 1h, staleIfError: 24h } }
  renewed: { candidates: [alpha/model-a], cache: { ttl: 1h, staleWhileRevalidate: 24h } }
  plain: { candidates: [alpha/model-a] }`

let stack: CacheStack
beforeAll(async () => {
  stack = await startCacheStack({ routes: ROUTES })
})
afterAll(() => stack.close())
beforeEach(() => stack.simulator.reset())

/** Each call answers with its number. */
const numbered = () =>
  stack.simulator.script(
    'alpha',
    [1, 2, 3, 4].map((n) => ({ answer: `${n}`, times: 1 })),
  )

async function says(prompt: string, cache?: CacheControl, route?: string): Promise<string> {
  const { text, served } = await stack.holdfast.generate({ prompt, route, cache })
  return `${text} of ${served}`
}

it('no-cache asks anew, and its answer is what the next one gets', async () => {
  numbered()
  expect(await says('a')).toBe('1 of provider')
  expect(await says('a', 'no-cache')).toBe('2 of provider')
  expect(await says('a', 'default')).toBe('2 of cache')
})

it('no-store neither reads nor writes', async () => {
  numbered()
  expect(await says('b', 'no-store')).toBe('1 of provider')
  expect(await stack.kept({ prompt: 'b' })).toBeNull()
  expect(await says('b')).toBe('2 of provider')
  expect(await says('b', 'no-store')).toBe('3 of provider')
  expect(await says('b')).toBe('2 of cache')
})

it('override.cache: false is as no-store', async () => {
  numbered()
  const generateRequest = { prompt: 'c', override: { cache: false } } as const
  await stack.holdfast.generate(generateRequest)
  expect(await says('c')).toBe('2 of provider')
  expect(await stack.holdfast.generate(generateRequest)).toMatchObject({ text: '3', served: 'provider' })
})

describe('only-if-cached', () => {
  it('takes what is kept', async () => {
    numbered()
    await says('d')
    expect(await says('d', 'only-if-cached')).toBe('1 of cache')
  })

  it.each([
    ['where nothing is kept', 'default'],
    ['on a route without a cache', 'plain'],
  ])('fails %s: all_failed, which says why, and no call', async (_, route) => {
    const error = await holdfastError(says('nothing', 'only-if-cached', route))
    expect(error).toMatchObject({ kind: 'all_failed', accepted: true, attempts: [] })
    expect(error.message).toMatch(/only-if-cached/)
    expect(stack.simulator.calls()).toEqual([])
  })

  it('fails where what is kept is only good in place of an error', async () => {
    await says('e')
    await stack.age({ prompt: 'e' }, PAST_FRESH_MS)
    expect((await holdfastError(says('e', 'only-if-cached'))).kind).toBe('all_failed')
    expect(stack.simulator.calls()).toHaveLength(1)
  })

  it('starts no renewal, and leaves it to the next one', async () => {
    numbered()
    const generateRequest = { prompt: 'f', route: 'renewed' }
    await says('f', 'default', 'renewed')
    await stack.age(generateRequest, PAST_FRESH_MS)
    expect(await says('f', 'only-if-cached', 'renewed')).toBe('1 of cache')
    expect(await says('f', 'default', 'renewed')).toBe('1 of cache')
    await until('the renewal is kept', async () => (await stack.kept(generateRequest))?.answer.text === '2')
  })
})

it('another word is an invalid request that names the choices', async () => {
  const error = await holdfastError(says('g', 'nocache' as CacheControl))
  expect(error).toMatchObject({ kind: 'invalid_request', accepted: false })
  expect(error.message).toContain('cache: write one of default, no-cache, no-store, only-if-cached')
  expect(stack.simulator.calls()).toEqual([])
})

describe('from a workflow of the user’s own', () => {
  const WORKFLOWS = path.resolve(__dirname, '..', 'fixtures', 'programs', 'own-workflow.ts')
  let worker: Worker
  let running: Promise<void>
  let generateRequest = 0
  beforeAll(async () => {
    worker = await Worker.create({
      // The same native connection as the stack's own worker.
      connection: stack.client.connection as never,
      namespace: 'default',
      taskQueue: `${stack.taskQueue}-own`,
      workflowsPath: WORKFLOWS,
    })
    running = worker.run()
  })
  afterAll(async () => {
    worker.shutdown()
    await running
  })

  const own = (request: object) => {
    generateRequest += 1
    return stack.client.workflow.execute('ask', {
      workflowId: `${stack.taskQueue}-ask-${generateRequest}`,
      taskQueue: `${stack.taskQueue}-own`,
      args: [{ taskQueue: stack.taskQueue, ...request }],
    })
  }

  const failureOf = async (request: object) => {
    const error = await own(request).catch((thrown: unknown) => thrown)
    if (!(error instanceof WorkflowFailedError)) throw new Error(`expected it to fail, got ${error}`)
    return error.cause
  }

  it('shares the entries, and takes the same cache modes', async () => {
    numbered()
    expect(await says('h')).toBe('1 of provider')
    expect(await own({ prompt: 'h' })).toMatchObject({ text: '1', served: 'cache' })
    expect(await own({ prompt: 'h', cache: 'no-cache' })).toMatchObject({ text: '2', served: 'provider' })
    expect(await own({ prompt: 'h', cache: 'no-store' })).toMatchObject({ text: '3', served: 'provider' })
    expect(await own({ prompt: 'h', cache: 'only-if-cached' })).toMatchObject({ text: '2', served: 'cache' })
    expect(await says('h')).toBe('2 of cache')
  })

  it('fails as a request does', async () => {
    const missed = await failureOf({ prompt: 'i', cache: 'only-if-cached' })
    expect(missed).toMatchObject({ type: 'GenerationFailed', details: [{ kind: 'all_failed' }] })
    const wrong = await failureOf({ prompt: 'i', cache: 'never' })
    expect(wrong).toMatchObject({ details: [{ kind: 'invalid_request' }] })
    expect(stack.simulator.calls()).toEqual([])
  })
})
