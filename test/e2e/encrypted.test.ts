/** HOLDFAST_ENCRYPTION_KEYS: what Temporal keeps is unreadable without the key, and all that reads it has the key. */
import { Client, Connection } from '@temporalio/client'
import pino from 'pino'
import { HoldfastError } from '../../src'
import { listCircuits } from '../../src/client/circuits'
import { createInternalHoldfast, type InternalHoldfast } from '../../src/client/internal'
import { readRecordedRuns } from '../../src/client/recorded-runs'
import { parseConfig } from '../../src/config'
import { newEncryptionKey } from '../../src/encryption'
import { type Simulator, startSimulator } from '../../src/simulator'
import { dataConverterOf } from '../../src/temporal/data-converter'
import { createClient } from '../../src/temporal/options'
import { type Embedded, startEmbedded } from '../../src/worker/embedded'
import { until } from '../helpers/processes'
import { textIn } from '../helpers/raw-text'
import { holdfastError } from '../helpers/stack'
import { ownTaskQueue } from '../helpers/temporal'

/** In the prompt, and in the answer. */
const PROMPT = 'planted-prompt-7731'
const ANSWER = 'planted-answer-4410'
const USER = 'planted-user-9017'

const configText = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
cache: { store: memory }
defaults: { circuit: { consecutive: 3, openFor: 60s, maxOpenFor: 60s } }
routes:
  default: { candidates: [alpha/model-a, beta/model-b], retry: { maximumAttempts: 2, initialInterval: 20ms } }
  cached: { candidates: [beta/model-c], cache: { ttl: 1h } }
  single: { candidates: [beta/model-d], retry: { maximumAttempts: 2, initialInterval: 20ms } }
  failing: { candidates: [alpha/model-e], retry: { maximumAttempts: 1 } }
`

describe('a process with encryption keys', () => {
  const namespace = 'default'
  const keys = { HOLDFAST_ENCRYPTION_KEYS: newEncryptionKey('test') }
  let env: typeof keys & { TEMPORAL_ADDRESS: string }
  const taskQueue = ownTaskQueue('encrypted')
  let simulator: Simulator
  let embedded: Embedded
  let holdfast: InternalHoldfast
  /** Over another connection, as another process has it: it reads no delivery log of the worker's. */
  let apart: InternalHoldfast
  let connection: Connection
  /** Without the key. */
  let stranger: Client
  const ids: string[] = []

  beforeAll(async () => {
    simulator = await startSimulator()
    const config = parseConfig(configText(simulator.url))
    const logger = pino({ level: 'silent' })
    // A server of its own: who lists the shared one has no key.
    embedded = await startEmbedded({ config, env: keys, server: {}, namespace, taskQueue, logger })
    const { address } = embedded.temporal
    env = { ...keys, TEMPORAL_ADDRESS: address }
    holdfast = embedded.holdfast
    apart = await createInternalHoldfast({ config, env, namespace, taskQueue })
    connection = await Connection.connect({ address })
    stranger = new Client({ connection, namespace })
  }, 60_000)
  afterAll(async () => {
    await apart.close()
    await simulator.close()
    await embedded.close()
    await connection.close()
  })
  beforeEach(() => simulator.reset())

  const plainClient = (): Client =>
    createClient(connection, namespace, {
      dataConverter: dataConverterOf({ env: {}, config: embedded.config }),
    })

  const known = <T extends { id: string }>(one: T): T => {
    ids.push(one.id)
    return one
  }

  it('generates over a fallback, and gives the result and the attempts to every client with the key', async () => {
    simulator.script('alpha', [{ status: 503 }])
    simulator.script('beta', [{ answer: ANSWER }])
    const { id, text } = known(await holdfast.generate({ prompt: PROMPT, metadata: { user: USER } }))
    expect(text).toBe(ANSWER)
    expect((await apart.result(id)).text).toBe(ANSWER)
    expect((await apart.attempts(id)).map(({ target }) => target)).toEqual([
      'alpha/model-a',
      'alpha/model-a',
      'beta/model-b',
    ])
    expect(await apart.status(id)).toMatchObject({
      state: 'answered',
      result: { text: ANSWER },
      metadata: { user: USER },
    })
  })

  it('knows the same request under a key again, and another one as a conflict', async () => {
    simulator.script('alpha', [{ answer: ANSWER }])
    const request = { prompt: PROMPT, idempotencyKey: `key-${taskQueue}` }
    const first = known(await holdfast.generate(request))
    expect((await apart.generate(request)).id).toBe(first.id)
    expect(simulator.calls()).toHaveLength(1)
    expect((await holdfastError(apart.generate({ ...request, prompt: 'another' }))).kind).toBe('conflict')
  })

  it('streams, here and from another process', async () => {
    simulator.script('alpha', [{ answer: ANSWER }])
    let text = ''
    let id = ''
    for await (const event of holdfast.stream({ prompt: PROMPT })) {
      if (event.type === 'text') text += event.text
      if (event.type === 'done') id = event.result.id
    }
    expect(text).toBe(ANSWER)
    known({ id })
    const types: string[] = []
    for await (const { type } of apart.attach(id)) types.push(type)
    expect(types.at(-1)).toBe('done')
  })

  it('lists the attempts of one under way, from heartbeats, and cancels it', async () => {
    simulator.script('beta', [{ status: 503 }, { fault: 'silent' }])
    const { id } = known(await apart.start({ route: 'single', prompt: PROMPT }))
    await simulator.waitForCalls(2, { provider: 'beta' })
    let listed = 0
    await until('the failed attempt is listed', async () => {
      listed = (await apart.attempts(id)).length
      return listed === 1
    })
    expect(await apart.status(id)).toMatchObject({ state: 'running', attempts: [{ number: 1 }] })
    await apart.cancel(id)
    await simulator.waitForCalls(1, { outcome: 'client_aborted' })
    expect((await holdfastError(apart.result(id))).kind).toBe('cancelled')
  }, 30_000)

  it('answers from the cache', async () => {
    simulator.script('beta', [{ answer: ANSWER }])
    const request = { route: 'cached', prompt: PROMPT }
    known(await holdfast.generate(request))
    const again = known(await holdfast.generate(request))
    expect(again).toMatchObject({ served: 'cache', text: ANSWER })
  })

  it('reports a failure with its attempts, and opens a circuit that all read', async () => {
    simulator.script('alpha', [{ status: 503 }])
    for (let call = 0; call < 3; call += 1) {
      const failed = await holdfastError(apart.generate({ route: 'failing', prompt: PROMPT }))
      expect(failed).toBeInstanceOf(HoldfastError)
      expect(failed).toMatchObject({ kind: 'all_failed', attempts: [{ failure: { class: 'overloaded' } }] })
      known({ id: failed.generationId ?? '' })
    }
    const { events } = await stranger.workflow.getHandle(ids.at(-1) ?? '').fetchHistory()
    const failure = events?.at(-1)?.workflowExecutionFailedEventAttributes?.failure
    expect(failure).toMatchObject({ message: 'Encoded failure', stackTrace: '' })
    const call = events?.find(
      (one) => one.activityTaskFailedEventAttributes,
    )?.activityTaskFailedEventAttributes
    expect(call?.failure).toMatchObject({ message: 'Encoded failure', stackTrace: '' })
    const { config } = embedded
    const client = createClient(connection, namespace, { dataConverter: dataConverterOf({ env, config }) })
    await until('the entity has published it', async () => {
      const providers = await listCircuits(client, config, taskQueue, Date.now())
      const circuits = providers.flatMap((one) => (one.known ? one.circuits : []))
      return circuits.some(({ target, state }) => target === 'alpha/model-e' && state === 'open')
    })
  }, 30_000)

  it('without the key a generation is reported as one that can not be read, not as a server that is away', async () => {
    const keyless = await createInternalHoldfast({
      config: embedded.config,
      env: { TEMPORAL_ADDRESS: env.TEMPORAL_ADDRESS },
      namespace,
      taskQueue,
    })
    const [id = ''] = ids
    const said = [keyless.status(id), keyless.result(id), readRecordedRuns(plainClient(), id)]
    for (const error of await Promise.all(said.map(holdfastError)))
      expect(error.message).toMatch(
        /^The generation can't be read: A payload was encrypted by the key "test"/,
      )
    await keyless.close()
  })

  it('leaves nothing of prompt and answer in Temporal', async () => {
    expect(ids.length).toBeGreaterThan(7)
    for (const id of ids) {
      const handle = stranger.workflow.getHandle(id)
      const history = textIn(await handle.fetchHistory())
      const { workflowExecutionInfo } = await stranger.workflowService.describeWorkflowExecution({
        namespace,
        execution: { workflowId: id },
      })
      const all = history + textIn(workflowExecutionInfo)
      const found = ['binary/encrypted', '"messages"', PROMPT, ANSWER, USER].filter((text) =>
        all.includes(text),
      )
      expect(found).toEqual(['binary/encrypted'])
    }
  })
})
