/** Answers that must have a shape: `schema` and `tools`, through the whole stack. */
import { z } from 'zod'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

const Ticket = z.object({ title: z.string().min(3), priority: z.enum(['low', 'high']) })
const GOOD = '{"title":"Printer on fire","priority":"high"}'

describe('a request with a schema', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  })
  afterAll(() => stack.close())
  beforeEach(() => stack.simulator.reset())

  it('gets its output parsed, and the schema goes to the provider in its own way', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ answer: GOOD }])
    const { output, text } = await holdfast.generate({ prompt: 'A ticket', schema: Ticket })
    expect(output).toEqual({ title: 'Printer on fire', priority: 'high' })
    expect(text).toBe(GOOD)
    const [call] = simulator.calls()
    expect(call?.body).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { schema: { required: ['title', 'priority'] } } },
    })
  })

  it('takes JSON Schema as well, and JSON in a code fence', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ answer: '```json\n{"n": 3}\n```' }])
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
    expect((await holdfast.generate({ prompt: 'A number', schema })).output).toEqual({ n: 3 })
  })

  it.each([
    ['not JSON', 'Here is your ticket!'],
    ['of another shape', '{"title":"Printer on fire","priority":"urgent"}'],
    ['with a key missing', '{"title":"Printer on fire"}'],
  ])('asks once more when the answer is %s, then falls back', async (_name, answer) => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ answer }])
    simulator.script('beta', [{ answer: GOOD }])
    const { output, attempts } = await holdfast.generate({
      prompt: 'A ticket',
      schema: Ticket,
    })
    expect(output).toEqual({ title: 'Printer on fire', priority: 'high' })
    expect(attempts.map(({ target, failure }) => [target, failure?.class ?? 'answered'])).toEqual([
      ['alpha/model-a', 'schema_mismatch'],
      ['alpha/model-a', 'schema_mismatch'],
      ['beta/model-b', 'answered'],
    ])
    expect(JSON.stringify(attempts)).not.toContain('urgent')
    // The broken answers were paid for.
    for (const { usage } of attempts) expect(usage?.outputTokens).toBeGreaterThan(0)
  })

  it('runs zod’s transforms on what comes back, and refuses what a refinement refuses', async () => {
    const { simulator, holdfast } = stack
    const Age = z.object({
      age: z
        .string()
        .transform(Number)
        .refine((age) => age < 150, 'nobody is that old'),
    })
    simulator.script('alpha', [{ answer: '{"age":"42"}' }, { answer: '{"age":"200"}' }])
    const { output } = await holdfast.generate({ prompt: 'An age', schema: Age })
    expect(output.age).toBe(42)
    const error = await holdfastError(holdfast.generate({ prompt: 'An age', schema: Age }))
    expect(error).toMatchObject({ kind: 'all_failed', failureClass: 'schema_mismatch' })
    expect(error.message).toContain('nobody is that old')
  })

  it('may be of the older draft-07, as many generators still write it', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ answer: '{"pair":["a",1]}' }])
    const { output } = await holdfast.generate({
      prompt: 'A pair?',
      schema: {
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'object',
        // Draft-07's way to write a tuple; 2020-12 has `prefixItems`.
        properties: { pair: { type: 'array', items: [{ type: 'string' }, { $ref: '#/definitions/count' }] } },
        definitions: { count: { type: 'integer' } },
      },
    })
    expect(output).toEqual({ pair: ['a', 1] })
  })

  it('that is no JSON Schema is an error before any call', async () => {
    const { simulator, holdfast } = stack
    const error = await holdfastError(holdfast.generate({ prompt: 'x', schema: { type: 'objekt' } }))
    expect(error).toMatchObject({ kind: 'invalid_request', failureClass: 'invalid_request' })
    expect(simulator.calls()).toEqual([])
  })

  it('gets the calls of its tools with checked arguments', async () => {
    const { simulator, holdfast } = stack
    const weather = {
      name: 'weather',
      description: 'Weather now',
      parameters: z.object({ city: z.string() }),
    } as const
    simulator.script('alpha', [{ toolCalls: [{ name: 'weather', arguments: { town: 'Oslo' } }], times: 2 }])
    simulator.script('beta', [{ toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }] }])
    const { toolCalls, attempts, finishReason } = await holdfast.generate({
      prompt: 'Weather in Oslo?',
      tools: [weather],
    })
    expect(toolCalls).toMatchObject([{ name: 'weather', arguments: { city: 'Oslo' } }])
    expect(finishReason.unified).toBe('tool_calls')
    expect(attempts.map(({ failure }) => failure?.class)).toEqual([
      'schema_mismatch',
      'schema_mismatch',
      undefined,
    ])
  })
})
