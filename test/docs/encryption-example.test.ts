/** examples/encryption: what the KMS is asked, what happens while it is away, and the program as its header says. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { promisify } from 'node:util'
import { defaultDataConverter, type Payload } from '@temporalio/common'
import pino from 'pino'
import { KmsUnavailableError, kmsCodec } from '../../examples/encryption/codec'
import { type Kms, standInKms } from '../../examples/encryption/kms'
import { createInternalHoldfast, type InternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { createClient } from '../../src/temporal/options'
import { type Embedded, startEmbedded } from '../../src/worker/embedded'
import { type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/processes'
import { textIn } from '../helpers/raw-text'
import { holdfastError, twoProviders } from '../helpers/stack'
import { ownTaskQueue } from '../helpers/temporal'

const TOP = path.resolve(__dirname, '..', '..')
const MASTER = randomBytes(32)

/** The stand-in, counted, and away where a test says so. */
function watchedKms() {
  const kms = standInKms(MASTER)
  const state = { asked: 0, refused: 0, away: false }
  const counted = <T>(answer: () => Promise<T>): Promise<T> => {
    state.asked += 1
    if (!state.away) return answer()
    state.refused += 1
    return Promise.reject(new Error('no route to the KMS'))
  }
  const watched: Kms = {
    newDataKey: (signal) => counted(() => kms.newDataKey(signal)),
    unwrap: (wrapped, signal) => counted(() => kms.unwrap(wrapped, signal)),
  }
  return { ...watched, state }
}

const payload = (text: string): Payload => defaultDataConverter.payloadConverter.toPayload(text)

describe('the codec', () => {
  let at = 0
  const options = { renewAfterMs: 100, keepMs: 1_000, keysMax: 2, now: () => at }
  beforeEach(() => {
    at = 0
  })

  it('asks once for many payloads and readers at once, and again when its time has passed', async () => {
    const kms = watchedKms()
    const writer = kmsCodec(kms, options)
    const many = await Promise.all(
      Array.from({ length: 50 }, (_, n) => writer.encode([payload(`text ${n}`)])),
    )
    expect(kms.state.asked).toBe(1)
    const reader = kmsCodec(kms, options)
    const read = await Promise.all(many.map((one) => reader.decode(one)))
    expect(read.map(([one]) => Buffer.from(one?.data ?? []).toString())).toContain('"text 49"')
    expect(kms.state.asked).toBe(2)
    at = 999
    await reader.decode(many[0] ?? [])
    expect(kms.state.asked).toBe(2)
    at = 1_000
    await reader.decode(many[0] ?? [])
    expect(kms.state.asked).toBe(3)
    at = 2_000
    await writer.encode([payload('later')])
    expect(kms.state.asked).toBe(4)
  })

  it('keeps so many unwrapped keys at most', async () => {
    const kms = watchedKms()
    const written = await Promise.all([1, 2, 3].map(() => kmsCodec(kms, options).encode([payload('text')])))
    const reader = kmsCodec(kms, options)
    for (const one of written) await reader.decode(one)
    kms.state.asked = 0
    for (const one of written.slice(1)) await reader.decode(one)
    expect(kms.state.asked).toBe(0)
    await reader.decode(written[0] ?? [])
    expect(kms.state.asked).toBe(1)
  })

  it('encrypts with its data key while the KMS is away, until its time has passed, and then says so', async () => {
    const kms = watchedKms()
    const codec = kmsCodec(kms, options)
    const [before] = await codec.encode([payload('before')])
    kms.state.away = true
    at = 999
    const [during] = await codec.encode([payload('during')])
    expect(during?.metadata).toEqual(before?.metadata)
    await until('it has asked in the background', () => kms.state.refused === 3)
    at = 1_000
    const late = codec.encode([payload('late')])
    await expect(late).rejects.toThrow(KmsUnavailableError)
    await expect(late).rejects.toThrow('The KMS could not make a data key: no route to the KMS')
    kms.state.away = false
    const [after] = await codec.encode([payload('after')])
    expect(after?.metadata).not.toEqual(before?.metadata)
  })

  it('ends a question that is not answered, and asks again where one has failed', async () => {
    const kms = watchedKms()
    const sealed = await kmsCodec(kms).encode([payload('text')])
    const silent: Kms = {
      ...kms,
      unwrap: (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    }
    await expect(kmsCodec(silent, { timeoutMs: 20 }).decode(sealed)).rejects.toThrow(KmsUnavailableError)
    const codec = kmsCodec(kms)
    kms.state.away = true
    await expect(codec.decode(sealed)).rejects.toThrow(KmsUnavailableError)
    kms.state.away = false
    expect((await codec.decode(sealed))[0]).toMatchObject({ data: payload('text').data })
  })

  it('refuses what was changed, and reads what is plain', async () => {
    const codec = kmsCodec(standInKms(MASTER))
    const [sealed] = await codec.encode([payload('text')])
    const data = Buffer.from(sealed?.data ?? [])
    data[data.length - 1] = (data.at(-1) ?? 0) ^ 1
    await expect(codec.decode([{ ...sealed, data }])).rejects.toThrow()
    expect(await codec.decode([payload('plain')])).toEqual([payload('plain')])
  })
})

describe('generations', () => {
  const taskQueue = ownTaskQueue('kms')
  const kms = watchedKms()
  const PROMPT = 'planted-prompt-2206'
  const ANSWER = 'planted-answer-5138'
  let simulator: Simulator
  let embedded: Embedded
  const opened: InternalHoldfast[] = []
  let folder: Commands

  beforeAll(async () => {
    simulator = await startSimulator()
    folder = commands()
    const codec = kmsCodec(kms)
    await codec.ready()
    embedded = await startEmbedded({
      config: parseConfig(twoProviders(simulator.url)),
      env: { HOLDFAST_VERSIONING: 'off' },
      // Its own: who lists the shared one has no key.
      server: {},
      namespace: 'default',
      taskQueue,
      dataConverter: { payloadCodecs: [codec] },
      logger: pino({ level: 'silent' }),
    })
  }, 60_000)
  afterAll(async () => {
    await Promise.all(opened.map((one) => one.close()))
    await simulator.close()
    await embedded.close()
    await folder.close()
  })
  beforeEach(() => {
    simulator.reset()
    kms.state.away = false
  })

  /** As a process of its own has it: with a data key of its own. */
  async function clientApart(codec = kmsCodec(kms)): Promise<InternalHoldfast> {
    const client = await createInternalHoldfast({
      config: embedded.config,
      env: { TEMPORAL_ADDRESS: embedded.temporal.address },
      namespace: 'default',
      taskQueue,
      dataConverter: { payloadCodecs: [codec] },
    })
    opened.push(client)
    return client
  }

  const handleOf = (id: string) => createClient(embedded.host.connection, 'default').workflow.getHandle(id)

  it('are encrypted, and the KMS is asked once by each process that writes and by each that reads', async () => {
    simulator.script('alpha', [{ answer: ANSWER, times: 5 }])
    const client = await clientApart()
    kms.state.asked = 0
    for (let n = 0; n < 5; n += 1) {
      const { id, text } = await client.generate({ prompt: `${PROMPT} ${n}` })
      expect(text).toBe(ANSWER)
      const history = textIn(await handleOf(id).fetchHistory())
      expect([PROMPT, ANSWER, 'binary/encrypted'].filter((one) => history.includes(one))).toEqual([
        'binary/encrypted',
      ])
    }
    // The client's data key, unwrapped by the worker; the worker's, unwrapped by the client.
    expect(kms.state.asked).toBe(3)
  })

  it('a start while the KMS is away is refused with its name, and nothing is begun', async () => {
    const client = await clientApart()
    kms.state.away = true
    expect(await holdfastError(client.generate({ prompt: PROMPT }))).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('The KMS could not make a data key: no route to the KMS'),
    })
    expect(simulator.calls()).toEqual([])
  })

  it('a worker that can not ask the KMS tries again until it can: nothing is lost or paid twice', async () => {
    simulator.script('alpha', [{ answer: ANSWER }])
    const codec = kmsCodec(kms)
    const client = await clientApart(codec)
    await codec.ready()
    kms.state.away = true
    kms.state.refused = 0
    const { id } = await client.start({ prompt: PROMPT })
    // One question of the worker, all its tries.
    await until('the worker has asked in vain', () => kms.state.refused >= 3)
    expect(await holdfastError(client.result(`${id}-other`))).toMatchObject({ kind: 'not_found' })
    kms.state.away = false
    expect((await client.result(id)).text).toBe(ANSWER)
    expect(simulator.calls()).toHaveLength(1)
  })

  it('the program runs as its header says, against the built package', async () => {
    simulator.script('alpha', [{ answer: ANSWER }])
    const { stdout } = await promisify(execFile)(
      path.join(TOP, 'node_modules', '.bin', 'jiti'),
      ['examples/encryption/main.ts'],
      {
        cwd: TOP,
        env: {
          ...process.env,
          KMS_MASTER_KEY: MASTER.toString('base64'),
          TEMPORAL_ADDRESS: embedded.temporal.address,
          TEMPORAL_NAMESPACE: 'default',
          HOLDFAST_VERSIONING: 'off',
          // What it leaves undone when it has its answer, the other worker ends.
          HOLDFAST_TASK_QUEUE: taskQueue,
          HOLDFAST_CONFIG: folder.file('holdfast.yaml', twoProviders(simulator.url)),
        },
      },
    )
    const { id, text } = JSON.parse(stdout)
    expect(text).toBe(ANSWER)
    expect((await (await clientApart()).result(id)).text).toBe(ANSWER)
    expect(textIn(await handleOf(id).fetchHistory())).not.toContain(ANSWER)
  }, 60_000)
})
