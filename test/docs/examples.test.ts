/** The examples that people copy: they run, and do what they say. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { type Summary, summariseTicket } from '../../examples/backend/summarise-ticket'
import { createHoldfast, type Holdfast, HoldfastError } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type Commands, commands } from '../helpers/commands'
import { type Stack, startStack, twoProviders } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

const PROGRAM = path.join('examples', 'backend', 'main.ts')
/** It has no global name. */
const AsyncFunction = (async () => undefined).constructor as FunctionConstructor

const TOP = path.resolve(__dirname, '..', '..')

describe('examples/backend', () => {
  let stack: Stack
  let folder: Commands
  beforeAll(async () => {
    stack = await startStack()
    folder = commands()
  })
  afterAll(async () => {
    await folder.close()
    await stack.close()
  })
  beforeEach(() => stack.simulator.reset())

  const ticket = (id: string) => ({ id, revision: 1, text: 'The export button does nothing.' })

  it('summarises past a provider that fails, and pays once for a ticket that is sent twice', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ status: 529 }])
    simulator.script('beta', [{ answer: 'Export is broken.' }])
    const expected: Summary = { type: 'summary', text: 'Export is broken.', target: 'beta/model-b' }
    expect(await summariseTicket(holdfast, ticket('twice'))).toEqual(expected)
    expect(await summariseTicket(holdfast, ticket('twice'))).toEqual(expected)
    expect(simulator.calls({ provider: 'beta' })).toHaveLength(1)
  })

  it('gives up on a ticket that the provider refuses', async () => {
    stack.simulator.script('alpha', [{ fault: 'invalid_request' }])
    expect(await summariseTicket(stack.holdfast, ticket('refused'))).toMatchObject({ type: 'refused' })
  })

  it('comes back later when all have failed, not before the pause that the providers requested', async () => {
    const { simulator, holdfast } = stack
    const before = Date.now()
    simulator.script('alpha', [{ status: 429, retryAfter: '600' }])
    simulator.script('beta', [{ fault: 'quota_exhausted' }])
    const summary = await summariseTicket(holdfast, ticket('later'))
    expect(summary).toMatchObject({ type: 'later', at: expect.any(Date) })
    expect(summary.type === 'later' && summary.at?.getTime()).toBeGreaterThanOrEqual(before + 600_000)
  })

  it('comes back later when Temporal is out of reach', async () => {
    const nowhere = await createHoldfast({
      config: parseConfig(twoProviders(stack.simulator.url)),
      env: { TEMPORAL_ADDRESS: '127.0.0.1:1' },
    })
    const summary = await summariseTicket(nowhere, ticket('unreachable'))
    await nowhere.close()
    expect(summary).toMatchObject({ type: 'later', at: null })
    expect(stack.simulator.calls()).toEqual([])
  })

  it('throws for a key that was used for another text', async () => {
    const { holdfast } = stack
    await summariseTicket(holdfast, ticket('edited'))
    const edited = { ...ticket('edited'), text: 'Something else.' }
    await expect(summariseTicket(holdfast, edited)).rejects.toMatchObject({ kind: 'conflict' })
  })

  it('runs as its header says, against the built package', async () => {
    const { simulator, taskQueue } = stack
    const { address, namespace } = testServer()
    simulator.script('alpha', [{ answer: 'It works as a program.' }])
    const env = {
      ...process.env,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      HOLDFAST_TASK_QUEUE: taskQueue,
      HOLDFAST_CONFIG: folder.file('holdfast.yaml', twoProviders(simulator.url)),
    }
    const jiti = path.join(TOP, 'node_modules', '.bin', 'jiti')
    const { stdout } = await promisify(execFile)(jiti, [PROGRAM], { cwd: TOP, env })
    expect(JSON.parse(stdout)).toEqual({
      type: 'summary',
      text: 'It works as a program.',
      target: 'alpha/model-a',
    })
  })

  it.each([
    // In this order: its key is fixed, and an answer would be handed out again.
    ['refuses', { fault: 'invalid_request' }],
    ['answers', { answer: 'Hello.' }],
  ] as const)('in the README ends well when the provider %s, and closes what it opened', async (_, step) => {
    const [, code = ''] =
      /^```ts\n([\s\S]*?)^```$/m.exec(readFileSync(path.join(TOP, 'README.md'), 'utf8')) ?? []
    const body = code.replace(/^import \{ createHoldfast, HoldfastError \} from 'holdfast'$/m, '')
    const run = new AsyncFunction('createHoldfast', 'HoldfastError', body)
    const close = jest.fn(async () => undefined)
    const opened: Holdfast = { ...stack.holdfast, close }
    stack.simulator.script('alpha', [step])
    await run(async () => opened, HoldfastError)
    expect(stack.simulator.calls()).toHaveLength(1)
    expect(close).toHaveBeenCalledTimes(1)
  })
})
