/** A history without its content: nothing planted is found in it, and it replays and explains as before. */
import { randomBytes } from 'node:crypto'
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils'
import { Worker } from '@temporalio/worker'
import pino from 'pino'
import { readRecordedRuns } from '../../src/client/recorded-runs'
import { type HistorySource, type Run, readRun, redactHistory } from '../../src/history'
import { workflowBundle } from '../../src/temporal/workflow-bundle'
import { installRuntime } from '../../src/worker'
import { releases, savedHistory, savedNames } from '../helpers/histories'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

// Before the SDK does it, whose own logger writes a line for each replay.
installRuntime(pino({ level: 'silent' }))

const jsonOf = (name: string, release?: string): HistorySource =>
  JSON.parse(historyToJSON(savedHistory(name, release)))

/** All texts of it, those inside base64 included. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value, Buffer.from(value, 'base64').toString()]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsOf(inner)])
}

/** Less what is content, or names a machine. */
const shapeOf = ({ input: _input, answer: _answer, ...run }: Run): unknown =>
  JSON.parse(
    JSON.stringify(run, (name, value) =>
      ['message', 'worker', 'code', 'requestId', 'raw', 'id', 'tenant', 'headers', 'cause'].includes(name)
        ? undefined
        : value,
    ),
  )

const replay = async (history: HistorySource): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, historyFromJSON(history), 'replayed')

const saved = [...releases(), 'unreleased'].flatMap((release) =>
  savedNames(release)
    .filter((name) => !name.startsWith('circuit'))
    .map((name): [string, string] => [name, release]),
)

it.each(saved)('the redacted history %s of %s explains as the original does', (name, release) => {
  const history = jsonOf(name, release)
  expect(shapeOf(readRun(redactHistory(history)))).toEqual(shapeOf(readRun(history)))
})

it('all redacted histories replay', async () => {
  async function* redacted() {
    for (const [name, release] of saved)
      yield {
        workflowId: `${release} ${name}`,
        history: historyFromJSON(redactHistory(jsonOf(name, release))),
      }
  }
  // One worker for all: each costs a fifth of a second, and memory.
  const replays = Worker.runReplayHistories({ workflowBundle: await workflowBundle() }, redacted())
  const errors: unknown[] = []
  let count = 0
  for await (const { workflowId, error } of replays) {
    count += 1
    if (error !== undefined) errors.push([workflowId, error])
  }
  expect({ count, errors }).toEqual({ count: saved.length, errors: [] })
}, 60_000)

describe('of a run with secrets in all its parts', () => {
  /** One for each place; digits, since a number may be a secret as well. */
  const planted = new Map<string, string>()
  const secret = (place: string): string => {
    const known = planted.get(place) ?? `${place.toUpperCase()}_${randomBytes(6).toString('hex')}`
    planted.set(place, known)
    return known
  }
  const NUMBER = 739_114_826_553
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({
      tenant: secret('tenant'),
      config: (url) => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
defaults: { circuit: false, retry: { maximumAttempts: 1 } }
routes:
  default:
    candidates:
      - { target: alpha/model-a, headers: { x-own: ${secret('header')} } }
      - beta/model-b
`,
    })
  }, 60_000)
  afterAll(() => stack?.close())

  const request = () => ({
    messages: [
      { role: 'system' as const, content: `be ${secret('system')}` },
      {
        role: 'user' as const,
        content: [
          { type: 'text' as const, text: `my name is ${secret('prompt')}` },
          {
            type: 'image' as const,
            data: Buffer.from(secret('image')).toString('base64'),
            mediaType: 'image/png',
          },
        ],
      },
      {
        role: 'assistant' as const,
        content: '',
        toolCalls: [
          {
            id: secret('callid'),
            name: 'look_up',
            arguments: { [secret('argkey')]: [secret('argument'), NUMBER] },
          },
        ],
      },
      { role: 'tool' as const, toolCallId: secret('callid'), content: secret('toolresult') },
    ],
    params: { stop: [secret('stop')], providerOptions: { alpha: { user: secret('option') } } },
    tools: [
      {
        name: 'look_up',
        description: secret('description'),
        parameters: {
          type: 'object',
          properties: { [secret('property')]: { type: 'string', enum: [secret('enum')] } },
          required: [secret('property')],
        },
      },
    ],
    idempotencyKey: secret('idempotency'),
  })

  const historyOf = async (id: string): Promise<HistorySource> => {
    const { readable } = await readRecordedRuns(stack.client, id)
    const [history] = readable
    if (history === undefined) throw new Error('it has no history')
    return history
  }

  const expectNothing = (redacted: HistorySource): void => {
    const all = textsOf(redacted).join('\n')
    const forms = [...planted.values()].flatMap((text) => [text, Buffer.from(text).toString('base64')])
    expect([...forms, String(NUMBER)].filter((text) => all.includes(text))).toEqual([])
  }

  it('none is found in the redacted history, and all of them in the original', async () => {
    const { simulator, holdfast } = stack
    const quoted = secret('quoted')
    simulator.script('alpha', [
      { status: 500, body: JSON.stringify({ error: { message: `no: ${quoted}`, code: quoted } }) },
    ])
    simulator.script('beta', [{ answer: `hello ${secret('answer')}` }])
    const { id } = await holdfast.generate(request())
    const history = await historyOf(id)
    const all = textsOf(history).join('\n')
    const missing = [...planted].filter(([place, text]) => place !== 'image' && !all.includes(text))
    expect(missing.map(([place]) => place)).toEqual(['idempotency'])
    const redacted = redactHistory(history)
    expectNothing(redacted)
    await replay(redacted)
    expect(shapeOf(readRun(redacted))).toEqual(shapeOf(readRun(history)))
    expect(readRun(redacted).answer?.text).toHaveLength(`hello ${secret('answer')}`.length)
  })

  it('nor in those of an answer that is JSON of a schema, or calls a tool', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [
      { answer: JSON.stringify({ [secret('field')]: secret('value'), count: NUMBER }), times: 1 },
      {
        toolCalls: [{ name: secret('tool'), arguments: { [secret('outkey')]: [secret('outarg'), NUMBER] } }],
      },
    ])
    const schema = {
      type: 'object',
      properties: {
        [secret('field')]: { type: 'string', description: secret('hint') },
        count: { type: 'number' },
      },
      required: [secret('field')],
    }
    const { id: shaped } = await holdfast.generate({ prompt: secret('prompt'), schema })
    const tools = [{ name: secret('tool'), parameters: { type: 'object' } }]
    const { id: called } = await holdfast.generate({ prompt: secret('prompt'), tools })
    for (const [id, place] of [
      [shaped, 'value'],
      [called, 'outarg'],
    ] as const) {
      const history = await historyOf(id)
      expect(textsOf(history).join('\n')).toContain(secret(place))
      const redacted = redactHistory(history)
      expectNothing(redacted)
      await replay(redacted)
      expect(shapeOf(readRun(redacted))).toEqual(shapeOf(readRun(history)))
    }
    const { input, answer } = readRun(redactHistory(await historyOf(shaped)))
    expect(input?.request.output?.schema).toMatchObject({
      type: 'object',
      properties: {},
      required: [expect.any(String)],
    })
    // What is named alike still is.
    const [field = ''] = (input?.request.output?.schema.required ?? []) as string[]
    expect(Object.keys(answer?.output ?? {})).toContain(field)
  })

  it('nor in that of one that failed, whose message quotes a provider', async () => {
    for (const name of ['alpha', 'beta'])
      stack.simulator.script(name, [
        { status: 500, body: JSON.stringify({ error: { message: secret('failed') } }) },
      ])
    const { generationId } = await holdfastError(stack.holdfast.generate({ prompt: secret('prompt') }))
    const history = await historyOf(generationId ?? '')
    expect(textsOf(history).join('\n')).toContain(secret('failed'))
    const redacted = redactHistory(history)
    expectNothing(redacted)
    expect(readRun(redacted).outcome).toMatchObject({ type: 'failed', kind: 'all_failed' })
  })
})

it('a payload that can not be read is an error, and nothing is written of it', () => {
  const history = JSON.parse(
    JSON.stringify(jsonOf('hedge')).replaceAll(btoa('json/plain'), btoa('binary/encrypted')),
  )
  expect(() => redactHistory(history)).toThrow("what can't be read can't be redacted")
})
