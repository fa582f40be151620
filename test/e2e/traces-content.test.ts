/** What leaves by spans, and what only where the config says so; a tracer provider of the application's own. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { createHoldfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { hostTracing, spanIds, type Tracing } from '../../src/telemetry/tracing'
import { until } from '../helpers/processes'
import { type Recorded, recordingTracer } from '../helpers/recording-tracer'
import { type Stack, startStack, twoProviders } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

const PLANTED = 'xylophone-lighthouse-4711'
const FAILS = { status: 400, message: `I don't like ${PLANTED}`, code: PLANTED }

const recorder = recordingTracer()
const tracing: Tracing = {
  tracer: recorder.tracer,
  captureContent: false,
  propagateToProviders: false,
  close: async () => true,
}
let stack: Stack

beforeAll(async () => {
  stack = await startStack({ tracing })
}, 60_000)
afterAll(() => stack?.close())
beforeEach(() => {
  stack.simulator.reset()
  tracing.captureContent = false
  tracing.propagateToProviders = false
})

/** Of one generation, with its own span. */
async function spansOf(id: string): Promise<Recorded[]> {
  const own = () => recorder.ended().filter(({ attributes }) => attributes?.['holdfast.generation.id'] === id)
  await until('the span of the generation', () => own().some(({ name }) => name.startsWith('generation')))
  return own()
}

it('a prompt, an answer and what a provider says of them are in no span', async () => {
  stack.simulator.script('alpha', [FAILS])
  stack.simulator.script('beta', [{ answer: `Yes: ${PLANTED}` }])
  const { id, text } = await stack.holdfast.generate({ prompt: `Say ${PLANTED}` })
  expect(text).toContain(PLANTED)
  expect((await spansOf(id)).length).toBe(3)
  expect(JSON.stringify(recorder.ended())).not.toContain(PLANTED)
})

// CONTENT-1
it('with captureContent the spans of calls have both, and no other span', async () => {
  tracing.captureContent = true
  stack.simulator.script('alpha', [{ answer: 'Hello back' }])
  const { id } = await stack.holdfast.generate({
    messages: [
      { role: 'system', content: 'Be short' },
      { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
    ],
  })
  const [attempt, generation] = await spansOf(id)
  const { 'gen_ai.input.messages': input, 'gen_ai.output.messages': output } = attempt?.end?.attributes ?? {}
  expect(JSON.parse(String(input))).toEqual([
    { role: 'system', parts: [{ type: 'text', content: 'Be short' }] },
    { role: 'user', parts: [{ type: 'text', content: 'Hello' }] },
  ])
  expect(JSON.parse(String(output))).toEqual([
    { role: 'assistant', parts: [{ type: 'text', content: 'Hello back' }], finish_reason: 'stop' },
  ])
  expect(JSON.stringify(generation)).not.toContain('Hello')
  const large = await stack.holdfast.generate({ prompt: 'x'.repeat(70_000) })
  const [left] = await spansOf(large.id)
  expect(left?.end?.attributes).toMatchObject({ 'holdfast.content_left_out': true })
  expect(left?.end?.attributes).not.toHaveProperty(['gen_ai.input.messages'])
})

it("a provider gets its call's traceparent only where the config says so", async () => {
  const given = { traceparent: `00-${'7'.repeat(32)}-b7ad6b7169203331-01`, tracestate: 'mine=secret' }
  await stack.holdfast.generate({ prompt: 'hi', trace: given })
  tracing.propagateToProviders = true
  await stack.holdfast.generate({ prompt: 'hi', trace: given })
  const [without, withTrace] = stack.simulator.calls()
  expect(without?.headers).not.toHaveProperty('traceparent')
  expect(withTrace?.headers.traceparent).toMatch(new RegExp(`^00-${'7'.repeat(32)}-[0-9a-f]{16}-01$`))
  expect(withTrace?.headers).not.toHaveProperty('tracestate')
})

/** As OpenTelemetry's own for Node. */
function withContexts(): void {
  const storage = new AsyncLocalStorage<Context>()
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, act, self, ...args) => storage.run(active, () => act.call(self as never, ...args)),
    bind: (_, target) => target,
    enable() {
      return this
    },
    disable() {
      return this
    },
  })
}

it("an application's own provider has a generation below the span that was active, and its attempts below it", async () => {
  const exporter = new InMemorySpanExporter()
  withContexts()
  const provider = new BasicTracerProvider({
    idGenerator: spanIds,
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  })
  trace.setGlobalTracerProvider(provider)
  const text = twoProviders(stack.simulator.url)
  Object.assign(tracing, await hostTracing(parseConfig(text)))
  const { address, namespace } = testServer()
  const holdfast = await createHoldfast({
    config: parseConfig(text),
    namespace,
    env: { TEMPORAL_ADDRESS: address },
    taskQueue: stack.taskQueue,
    tracing: true,
  })
  const span = provider.getTracer('app').startSpan('handle order')
  const active = trace.setSpan(context.active(), span)
  await context.with(active, () => holdfast.generate({ prompt: 'hi' }))
  const named = (name: string) => exporter.getFinishedSpans().find((one) => one.name === name)
  await until('the span of the generation', () => named('generation default') !== undefined)
  const generation = named('generation default')
  expect(generation?.spanContext().traceId).toBe(span.spanContext().traceId)
  expect(generation?.parentSpanContext?.spanId).toBe(span.spanContext().spanId)
  expect(named('chat model-a')?.parentSpanContext?.spanId).toBe(generation?.spanContext().spanId)
  await holdfast.close()
}, 30_000)
