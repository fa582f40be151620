/** `holdfast/ai` under AI SDK 6 and `holdfast/ai7` under AI SDK 7, over the whole stack. */
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import * as ai7 from 'ai'
import * as ai6 from 'ai6'
import * as version3 from 'holdfast/ai'
import * as version4 from 'holdfast/ai7'
import { z } from 'zod'
import { createInternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { listen, until } from '../helpers/sockets'
import { type Stack, startStack, twoProviders } from '../helpers/stack'

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const USAGE = { inputTokens: 11, outputTokens: 7, cachedInputTokens: 4, reasoningTokens: 2 }
const City = z.object({ city: z.string() })
const CALL = { name: 'weather', arguments: { city: 'Rome' }, id: 'call_1' }
const prompt = 'Say hello'

const config = (url: string): string =>
  twoProviders(url, 'deadline: 20s').replace(
    'routes:',
    `routes:
  kept: { candidates: [alpha/model-a], cache: { ttl: 1h } }
  together: { candidates: [alpha/model-a], cache: { ttl: 1h, coalesce: true } }`,
  )

globalThis.AI_SDK_LOG_WARNINGS = false

let stack: Stack
const provider = (name: 'alpha' | 'beta' = 'alpha') => stack.simulator.calls({ provider: name })
/** The body of the last call to alpha. */
const sent = () => provider().at(-1)?.body as { [field: string]: unknown }

beforeAll(async () => {
  stack = await startStack({ config, delivery: true })
})
afterAll(() => stack.close())
beforeEach(() => stack.simulator.reset())

/** The same tests: where the types differ, those of the newer one are taken. */
const SDKS = [
  { name: 'AI SDK 7 with holdfast/ai7', sdk: ai7, entry: version4 },
  {
    name: 'AI SDK 6 with holdfast/ai',
    sdk: ai6 as unknown as typeof ai7,
    entry: version3 as unknown as typeof version4,
  },
]

describe.each(SDKS)('$name', ({ name, sdk, entry: { createHoldfastProvider } }) => {
  const { APICallError, generateObject, generateText, Output, stepCountIs, streamText, tool } = sdk
  let holdfast: version4.HoldfastProvider
  /** Of this SDK's own: both ask the same stack. */
  let own: string
  beforeAll(() => {
    holdfast = createHoldfastProvider({ client: stack.holdfast })
    own = `${name} ${stack.taskQueue}`
  })

  describe('generateText', () => {
    it('has text, usage, finish reason, and the metadata of Holdfast', async () => {
      stack.simulator.script('alpha', [{ status: 503 }])
      stack.simulator.script('beta', [{ answer: 'Hello', usage: { inputTokens: 11, outputTokens: 7 } }])
      const result = await generateText({ model: holdfast('default'), prompt })
      expect(result.text).toBe('Hello')
      expect(result.usage).toMatchObject({ inputTokens: 11, outputTokens: 7, totalTokens: 18 })
      expect([result.finishReason, result.rawFinishReason]).toEqual(['stop', 'end_turn'])
      expect(result.response.modelId).toBe('beta/model-b')
      expect(result.warnings).toEqual([])
      const metadata = result.providerMetadata?.holdfast
      expect(metadata).toMatchObject({
        route: 'default',
        target: 'beta/model-b',
        served: 'provider',
        costUsd: null,
      })
      expect(metadata?.attempts).toHaveLength(3)
      expect(metadata?.webUrl).toContain(String(metadata?.id))
    })

    it('takes a target in place of a route, and counts cached and reasoning tokens separately', async () => {
      stack.simulator.script('alpha', [{ answer: 'Hello', usage: USAGE }])
      const { usage } = await generateText({ model: holdfast.languageModel('alpha/other'), prompt })
      expect(sent()).toMatchObject({ model: 'other' })
      expect(usage.inputTokenDetails).toMatchObject({ cacheReadTokens: 4, noCacheTokens: 7 })
      expect(usage.outputTokenDetails).toMatchObject({ reasoningTokens: 2, textTokens: 5 })
    })

    it('sends settings and messages of every kind', async () => {
      stack.simulator.script('alpha', [{ answer: 'seen' }])
      await generateText({
        model: holdfast('default', { reasoningEffort: 'low' }),
        system: 'Be brief',
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What are these?' },
              { type: 'image', image: Buffer.from(PIXEL, 'base64') },
              { type: 'image', image: new URL('https://example.org/a.png') },
            ],
          },
          {
            role: 'assistant',
            content: [
              { type: 'text', text: 'Let me see' },
              { type: 'tool-call', toolCallId: 'c1', toolName: 'look', input: { at: 1 } },
            ],
          },
          {
            role: 'tool',
            content: [
              {
                type: 'tool-result',
                toolCallId: 'c1',
                toolName: 'look',
                output: { type: 'json', value: { n: 1 } },
              },
            ],
          },
        ],
        maxOutputTokens: 9,
        temperature: 0.5,
        stopSequences: ['END'],
        seed: 3,
      })
      const body = sent()
      expect(body).toMatchObject({ temperature: 0.5, stop: ['END'], seed: 3, reasoning_effort: 'low' })
      expect(JSON.stringify(body)).toContain('"Be brief"')
      const messages = body.messages as { role: string; content: unknown }[]
      expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool'])
      expect(JSON.stringify(messages[1])).toContain(`data:image/png;base64,${PIXEL}`)
      expect(JSON.stringify(messages[1])).toContain('https://example.org/a.png')
      expect(JSON.stringify(messages[2])).toContain('"look"')
      expect(messages[3]?.content).toBe('{"n":1}')
    })

    it('warns of what it does not take, and refuses a file that is no image', async () => {
      stack.simulator.script('alpha', [{ answer: 'x' }])
      const { warnings } = await generateText({
        model: holdfast('default'),
        prompt,
        topK: 3,
        providerOptions: { openai: { user: 'u' } },
      })
      expect(warnings?.map((one) => 'feature' in one && one.feature)).toEqual([
        'topK',
        'providerOptions.openai',
      ])
      const pdf = { type: 'file', data: 'QUJD', mediaType: 'application/pdf' } as const
      const refused = generateText({
        model: holdfast('default'),
        messages: [{ role: 'user', content: [pdf] }],
      })
      await expect(refused).rejects.toThrow('application/pdf')
      const wrong = generateText({
        model: holdfast('default'),
        prompt,
        providerOptions: { holdfast: { retries: 1 } },
      })
      await expect(wrong).rejects.toThrow('has no retries: it takes override')
      expect(provider()).toHaveLength(1)
    })

    it('runs a loop over tools, each step under the same key a generation of its own', async () => {
      stack.simulator.script('alpha', [{ toolCalls: [CALL] }, { answer: 'Sunny' }])
      const ask = () =>
        generateText({
          model: holdfast('default'),
          prompt: 'Weather?',
          tools: { weather: tool({ inputSchema: City, execute: async ({ city }) => `sun in ${city}` }) },
          toolChoice: 'auto',
          stopWhen: stepCountIs(3),
          providerOptions: { holdfast: { idempotencyKey: `loop-${own}` } },
        })
      const { text, steps } = await ask()
      expect([text, steps.length]).toEqual(['Sunny', 2])
      expect(steps[0]?.toolCalls).toMatchObject([{ toolName: 'weather', input: { city: 'Rome' } }])
      expect(JSON.stringify(sent().messages)).toContain('sun in Rome')
      const again = await ask()
      expect(again.text).toBe('Sunny')
      expect(provider()).toHaveLength(2)
    })

    it('returns sealed thoughts to their maker through a loop over tools, streamed too', async () => {
      const tools = { weather: tool({ inputSchema: City, execute: async ({ city }) => `sun in ${city}` }) }
      const thinks = {
        holdfast: { providerOptions: { beta: { thinking: { type: 'enabled', budget_tokens: 2_000 } } } },
      }
      const ask = {
        model: holdfast('beta/model-b'),
        prompt: 'Weather?',
        tools,
        stopWhen: stepCountIs(3),
        maxOutputTokens: 4_000,
        providerOptions: thinks,
      }
      const sealed = { type: 'thinking', thinking: 'Rome?', signature: expect.stringMatching(/^sim/) }
      for (const text of [async () => (await generateText(ask)).text, async () => streamText(ask).text]) {
        stack.simulator.script('beta', [
          { thoughts: ['Rome?'], toolCalls: [CALL], times: 1 },
          { answer: 'Sunny', times: 1 },
        ])
        expect(await text()).toBe('Sunny')
        expect(provider('beta').at(-1)?.body).toMatchObject({
          messages: [{}, { content: [sealed, { type: 'tool_use' }] }, {}],
        })
      }
    })

    it('has an object by generateObject and by Output, checked by Holdfast too', async () => {
      stack.simulator.script('alpha', [{ answer: '{"town":1}', times: 2 }, { answer: '{"city":"Rome"}' }])
      stack.simulator.script('beta', [{ answer: '{"city":"Oslo"}' }])
      const { object, providerMetadata } = await generateObject({
        model: holdfast('default'),
        schema: City,
        prompt: 'Where?',
      })
      expect(object).toEqual({ city: 'Oslo' })
      expect(providerMetadata?.holdfast?.target).toBe('beta/model-b')
      const { output } = await generateText({
        model: holdfast('default'),
        output: Output.object({ schema: City }),
        prompt: 'Where?',
      })
      expect(output).toEqual({ city: 'Rome' })
      expect(JSON.stringify(sent().response_format)).toContain('"city"')
    })

    it('passes cache and override on', async () => {
      stack.simulator.script('alpha', [{ answer: 'kept', times: 2 }])
      const ask = (options = {}) =>
        generateText({
          model: holdfast('kept'),
          prompt: own,
          providerOptions: { holdfast: options },
        })
      await ask()
      expect((await ask()).providerMetadata?.holdfast?.served).toBe('cache')
      expect((await ask({ cache: 'no-cache' })).providerMetadata?.holdfast?.served).toBe('provider')
      await expect(ask({ override: { deadline: '9d' } })).rejects.toThrow('deadline')
      expect(provider()).toHaveLength(2)
    })
  })

  describe('streamText', () => {
    it('streams text as it comes, then usage, finish reason and target', async () => {
      stack.simulator.script('alpha', [{ words: 20, tokenLatency: '10ms', usage: USAGE }])
      const result = streamText({ model: holdfast('default'), prompt })
      const pieces: string[] = []
      for await (const piece of result.textStream) pieces.push(piece)
      expect(pieces.length).toBeGreaterThan(2)
      expect(pieces.join('').split(' ')).toHaveLength(20)
      expect(await result.finishReason).toBe('stop')
      expect((await result.usage).outputTokens).toBe(7)
      expect((await result.response).modelId).toBe('alpha/model-a')
      expect((await result.providerMetadata)?.holdfast).toMatchObject({ target: 'alpha/model-a' })
      expect(sent()).toMatchObject({ stream: true })
    })

    it('has one whole answer, each word once, where the first provider was cut', async () => {
      stack.simulator.script('alpha', [{ words: 20, cut: { after: 10, how: 'reset' } }, { words: 20 }])
      const { text } = streamText({ model: holdfast('default'), prompt, onError: () => undefined })
      const words = (await text).split(' ')
      expect([words.length, new Set(words).size]).toEqual([20, 20])
    })

    it('has tool calls', async () => {
      stack.simulator.script('alpha', [{ toolCalls: [CALL] }])
      const tools = { weather: tool({ inputSchema: City, outputSchema: z.string() }) }
      const { toolCalls, finishReason } = streamText({ model: holdfast('default'), prompt, tools })
      expect(await toolCalls).toMatchObject([{ toolName: 'weather', input: { city: 'Rome' } }])
      expect(await finishReason).toBe('tool-calls')
    })

    it('ends in an error where the answer had to begin anew with another text', async () => {
      stack.simulator.script('alpha', [{ words: 20, cut: { after: 10, how: 'reset' }, times: 2 }])
      stack.simulator.script('beta', [{ answer: 'something else' }])
      const errors: unknown[] = []
      const { text } = streamText({
        model: holdfast('default'),
        prompt,
        onError: ({ error }) => void errors.push(error),
      })
      await Promise.resolve(text).catch(() => undefined)
      expect(errors).toHaveLength(1)
      expect(APICallError.isInstance(errors[0]) && errors[0].isRetryable).toBe(false)
      expect(String(errors[0])).toContain('in other words')
    })

    it('hangs up on the provider when it is aborted', async () => {
      stack.simulator.script('alpha', [{ words: 1_000, tokenLatency: '20ms' }])
      const abort = new AbortController()
      let aborted = 0
      const result = streamText({
        model: holdfast('default'),
        prompt,
        abortSignal: abort.signal,
        onAbort: () => void aborted++,
      })
      for await (const _ of result.textStream) abort.abort()
      expect(aborted).toBe(1)
      await until(() => provider()[0]?.abortedAt !== undefined)
    })
  })

  describe('a reader that leaves', () => {
    /** Reads until nothing more comes for a while, and leaves while it waits. */
    async function leaves(model: version4.LanguageModelV4, options = {}): Promise<void> {
      const { stream } = await model.doStream({
        prompt: [{ role: 'user', content: [{ type: 'text', text: own }] }],
        ...options,
      })
      const reader = stream.getReader()
      for (;;) {
        const next = await Promise.race([reader.read(), pause(200, null)])
        if (next === null) return reader.cancel()
        expect(next.done).toBe(false)
      }
    }
    const stalled = { words: 20, stall: { after: 5 } } as const

    it('is let go at once under a key, and the generation goes on unread', async () => {
      stack.simulator.script('alpha', [stalled])
      const reads: AbortSignal[] = []
      const { delivery, client, taskQueue } = stack
      const counting: typeof delivery = {
        ...delivery,
        read: (name, after, signal, over) => {
          reads.push(signal)
          return delivery.read(name, after, signal, over)
        },
      }
      const { connection, options } = client
      const listening = await createInternalHoldfast({
        config: parseConfig(config(stack.simulator.url)),
        env: {},
        connection,
        namespace: options.namespace,
        taskQueue,
        delivery: counting,
      })
      const other = createHoldfastProvider({ client: listening })
      const idempotencyKey = `left-${name}-${taskQueue}`
      await leaves(other('default'), { providerOptions: { holdfast: { idempotencyKey } } })
      expect(reads.map(({ aborted }) => aborted)).toEqual([true])
      expect(provider()[0]?.abortedAt).toBeUndefined()
      await listening.close()
    })

    it('ends a generation that is its own', async () => {
      stack.simulator.script('alpha', [stalled])
      await leaves(holdfast('default'))
      await until(() => provider()[0]?.abortedAt !== undefined)
    })

    it('leaves one alone that equal requests share', async () => {
      stack.simulator.script('alpha', [{ words: 3, tokenLatency: '400ms' }])
      await leaves(holdfast('together'))
      const { text } = await generateText({ model: holdfast('together'), prompt: own })
      expect(text.split(' ')).toHaveLength(3)
      expect(provider().map(({ outcome }) => outcome)).toEqual(['answered'])
    })
  })

  describe('errors', () => {
    it('what was run is not run again by the AI SDK, and says all', async () => {
      stack.simulator.script('alpha', [{ status: 503 }])
      stack.simulator.script('beta', [{ status: 503 }])
      const error = await generateText({ model: holdfast('default'), prompt }).catch((thrown) => thrown)
      expect(APICallError.isInstance(error)).toBe(true)
      expect(error).toMatchObject({
        statusCode: 503,
        isRetryable: false,
        data: { kind: 'all_failed', accepted: true },
      })
      expect(error.responseHeaders['retry-after']).toBeDefined()
      expect(provider()).toHaveLength(2)
    })

    it('an unknown route is a 404 before anything is sent', async () => {
      const error = await generateText({ model: holdfast('nope'), prompt }).catch((thrown) => thrown)
      expect(error).toMatchObject({ statusCode: 404, isRetryable: false })
    })

    it('an abort is an abort', async () => {
      stack.simulator.script('alpha', [{ fault: 'silent' }])
      const abort = new AbortController()
      const answering = generateText({ model: holdfast('default'), prompt, abortSignal: abort.signal })
      await stack.simulator.waitForCalls(1)
      abort.abort()
      await expect(answering).rejects.toMatchObject({ name: 'AbortError' })
    })

    it('what Temporal never accepted may be tried again', async () => {
      const nobody = await listen(createServer())
      await nobody.close()
      const away = createHoldfastProvider({
        config: parseConfig(twoProviders('http://127.0.0.1:9')),
        env: { TEMPORAL_ADDRESS: `127.0.0.1:${nobody.port}` },
      })
      const error = await generateText({ model: away('default'), prompt, maxRetries: 0 }).catch(
        (thrown) => thrown,
      )
      expect(error).toMatchObject({ statusCode: 503, isRetryable: true, data: { accepted: false } })
      await away.close()
    })
  })
})

describe('AI SDK 7 alone', () => {
  const { generateText, streamText } = ai7
  const text = (model: ai7.LanguageModel, options = {}) => generateText({ model, prompt, ...options })

  it('says an effort as `reasoning`, which goes before the effort of the model and after that of the call', async () => {
    const holdfast = version4.createHoldfastProvider({ client: stack.holdfast })
    stack.simulator.script('alpha', [{ answer: 'x' }])
    const efforts = async (model: ai7.LanguageModel, options: object) => {
      await text(model, options)
      return sent().reasoning_effort
    }
    expect(await efforts(holdfast('default'), { reasoning: 'low' })).toBe('low')
    const high = holdfast('default', { reasoningEffort: 'high' })
    expect(await efforts(high, { reasoning: 'provider-default' })).toBe('high')
    expect(await efforts(high, { reasoning: 'low' })).toBe('low')
    const providerOptions = { holdfast: { reasoningEffort: 'medium' } }
    expect(await efforts(high, { reasoning: 'low', providerOptions })).toBe('medium')
  })

  it('says what a call is for, which no provider gets: the call’s own metadata stands in the place of its model’s', async () => {
    const holdfast = version4.createHoldfastProvider({ client: stack.holdfast })
    stack.simulator.script('alpha', [{ answer: 'x' }])
    const metadataOf = async (options: object) => {
      const { providerMetadata } = await text(
        holdfast('default', { metadata: { feature: 'planted' } }),
        options,
      )
      return (await stack.holdfast.status(String(providerMetadata?.holdfast?.id))).metadata
    }
    expect(await metadataOf({})).toEqual({ feature: 'planted' })
    const providerOptions = { holdfast: { metadata: { ticket: 'planted' } } }
    expect(await metadataOf({ providerOptions })).toEqual({ ticket: 'planted' })
    expect(JSON.stringify(sent())).not.toContain('planted')
  })

  it('has a registry of providers, which a route is found in', async () => {
    const holdfast = version4.createHoldfastProvider({ client: stack.holdfast })
    stack.simulator.script('alpha', [{ answer: 'found' }])
    const registry = ai7.createProviderRegistry({ holdfast })
    expect((await text(registry.languageModel('holdfast:default'))).text).toBe('found')
    expect(registry.embeddingModel('holdfast:default')).toMatchObject({ modelId: 'default' })
    let none: unknown
    try {
      registry.imageModel('holdfast:default')
    } catch (error) {
      none = error
    }
    expect(ai7.NoSuchModelError.isInstance(none)).toBe(true)
  })

  it('takes the models of holdfast/ai too, images and tools included', async () => {
    const holdfast = version3.createHoldfastProvider({ client: stack.holdfast })
    stack.simulator.script('alpha', [{ toolCalls: [CALL] }, { answer: 'seen' }])
    const image = { type: 'image', image: Buffer.from(PIXEL, 'base64') } as const
    const weather = ai7.tool({ inputSchema: City, execute: async ({ city }) => `sun in ${city}` })
    const result = streamText({
      model: holdfast('default'),
      messages: [{ role: 'user', content: [image] }],
      tools: { weather },
      stopWhen: ai7.stepCountIs(2),
    })
    expect(await result.text).toBe('seen')
    expect(JSON.stringify(sent().messages)).toMatch(/data:image.*sun in Rome/)
  })

  it('refuses in words the parts of a prompt that have no place here', async () => {
    const model = version4.createHoldfastProvider({ client: stack.holdfast })('default')
    const asked = (role: 'user' | 'assistant', part: object) =>
      model.doGenerate({ prompt: [{ role, content: [part] }] as never })
    const file = (data: object) => ({ type: 'file', mediaType: 'image/png', data })
    const reference = file({ type: 'reference', reference: { openai: 'file-1' } })
    await expect(asked('user', reference)).rejects.toThrow('an image that is given as a reference')
    await expect(asked('user', file({ type: 'text', text: 'a' }))).rejects.toThrow('given as a text')
    await expect(asked('assistant', { type: 'custom', kind: 'a.b' })).rejects.toThrow(
      "a custom of the assistant's",
    )
    expect(provider()).toHaveLength(0)
  })
})
