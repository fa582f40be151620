/** A route's shadow: a second target gets the request after the answer, and nobody notices (workflows/shadow.ts). */
import { randomUUID } from 'node:crypto'
import { listShadowPairs } from '../../src/client/shadow-pairs'
import type { GenerationResult } from '../../src/contract/generation'
import { shadowIdOf } from '../../src/contract/shadow'
import { until } from '../helpers/processes'
import { eventTypes, type Stack, startStack, twoProviders } from '../helpers/stack'

const withShadow = (url: string): string =>
  `${twoProviders(url, 'shadow: { target: gamma/model-c, share: 100% }')}
  cached:
    candidates: [alpha/model-a]
    cache: {}
    shadow: { target: gamma/model-c, share: 100% }
  seldom:
    candidates: [alpha/model-a]
    shadow: { target: gamma/model-c, share: 0.0001% }
`.replace('defaults:', `  gamma: { api: openai-chat, baseUrl: ${url}/gamma/v1, auth: none }\ndefaults:`)

describe('a route with a shadow', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config: withShadow, tenant: 'acme' })
  })
  afterAll(() => stack.close())
  beforeEach(() => stack.simulator.reset())

  const shadowOf = (id: string) => stack.client.workflow.getHandle(shadowIdOf(id))
  const hasShadow = async (id: string): Promise<boolean> =>
    (await eventTypes(stack.client, id)).some((type) => type.includes('CHILD'))

  it('calls the shadow after the answer, as a run of its own at the priority of a batch', async () => {
    const { simulator, holdfast, client } = stack
    simulator.script('alpha', [{ status: 503 }])
    simulator.script('beta', [{ answer: 'By beta.' }])
    simulator.script('gamma', [{ answer: 'By gamma.' }])
    const result = await holdfast.generate({ prompt: 'Who?', idempotencyKey: randomUUID() })
    expect(result).toMatchObject({ text: 'By beta.', target: 'beta/model-b' })
    expect(result.attempts.map(({ target }) => target)).not.toContain('gamma/model-c')

    const shadow: GenerationResult = await shadowOf(result.id).result()
    expect(shadow).toMatchObject({ text: 'By gamma.', target: 'gamma/model-c', route: 'default~shadow' })
    const described = await shadowOf(result.id).describe()
    expect(described.priority).toMatchObject({ priorityKey: 5, fairnessKey: 'acme' })
    expect(described.memo).toMatchObject({ holdfastTenant: 'acme' })
    expect(described.searchAttributes).toMatchObject({
      HoldfastRoute: ['default~shadow'],
      HoldfastTenant: ['acme'],
    })
    // The generation waits for the shadow's start alone.
    const types = await eventTypes(client, result.id)
    expect(types.filter((type) => type.includes('CHILD'))).toEqual([
      'EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED',
      'EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED',
    ])
  })

  it('is listed beside its generation, with how much the two answers are alike', async () => {
    const { simulator, holdfast, client } = stack
    simulator.script('alpha', [{ answer: 'The sky is blue.', usage: { inputTokens: 9, outputTokens: 4 } }])
    simulator.script('gamma', [{ answer: 'The sea is blue.', usage: { inputTokens: 9, outputTokens: 5 } }])
    const { id } = await holdfast.generate({ prompt: 'Which colour?', idempotencyKey: randomUUID() })
    await shadowOf(id).result()
    const pairOf = async () =>
      (await listShadowPairs(client, {}, ['default', 'cached'], 50)).find(
        ({ generation }) => generation?.id === id,
      )
    // The index is written a moment later.
    await until(
      'its shadow is listed as answered',
      async () => (await pairOf())?.shadow.outcome === 'answered',
    )
    expect(await pairOf()).toMatchObject({
      route: 'default',
      generation: { target: 'alpha/model-a', outcome: 'answered', outputTokens: 4 },
      shadow: { id: shadowIdOf(id), target: 'gamma/model-c', outputTokens: 5 },
      similarity: 1 - 2 / 16,
    })
  })

  it('answers although the shadow fails, which makes one call', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ answer: 'By alpha.' }])
    simulator.script('gamma', [{ status: 500 }])
    const { id, text } = await holdfast.generate({ prompt: 'Who?', idempotencyKey: randomUUID() })
    expect(text).toBe('By alpha.')
    await expect(shadowOf(id).result()).rejects.toMatchObject({ cause: { type: 'GenerationFailed' } })
    expect(simulator.calls({ provider: 'gamma' })).toHaveLength(1)
  })

  it('answers a caller while the shadow hangs', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ answer: 'By alpha.' }])
    simulator.script('gamma', [{ fault: 'silent' }])
    const { id, text } = await holdfast.generate({ prompt: 'Who?', idempotencyKey: randomUUID() })
    expect(text).toBe('By alpha.')
    const shadow = shadowOf(id)
    await simulator.waitForCalls(1, { provider: 'gamma' })
    expect((await shadow.describe()).status.name).toBe('RUNNING')
    await shadow.cancel()
    await expect(shadow.result()).rejects.toThrow()
  })

  it('keeps the shadow’s answer out of the cache, and has none for what the cache has answered', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ answer: 'By alpha.' }])
    simulator.script('gamma', [{ answer: 'By gamma.' }])
    const prompt = randomUUID()
    const ask = () => holdfast.generate({ route: 'cached', prompt, idempotencyKey: randomUUID() })
    const first = await ask()
    await shadowOf(first.id).result()
    const second = await ask()
    expect(second).toMatchObject({ text: 'By alpha.', served: 'cache' })
    expect(await hasShadow(second.id)).toBe(false)
  })

  it('has none where nobody has answered, nor for a request outside its share', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ status: 400 }, { answer: 'By alpha.' }])
    simulator.script('beta', [{ status: 400 }])
    const idempotencyKey = randomUUID()
    const failed = await holdfast.generate({ prompt: 'x', idempotencyKey }).catch((error) => error)
    expect(await hasShadow(failed.generationId)).toBe(false)
    simulator.script('alpha', [{ answer: 'By alpha.' }])
    const seldom = await holdfast.generate({ route: 'seldom', prompt: 'x', idempotencyKey: randomUUID() })
    expect(await hasShadow(seldom.id)).toBe(false)
  })
})
