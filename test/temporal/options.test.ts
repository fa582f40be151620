/** What a user's Temporal application brings along reaches every client and worker of Holdfast, once. */
import path from 'node:path'
import { Client, Connection } from '@temporalio/client'
import pino from 'pino'
import { parseConfig } from '../../src/config'
import { createHoldfast } from '../../src/embedded'
import { startSimulator } from '../../src/simulator'
import { connectClient } from '../../src/temporal/connection'
import { changesBundle, createClient, type TemporalPlugin, withPlugins } from '../../src/temporal/options'
import { textIn } from '../helpers/raw-text'
import { twoProviders } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const FIXTURES = path.resolve(__dirname, '..', 'fixtures', 'seams')
const { address, namespace } = testServer()

/** It counts what it got to configure. */
function countingPlugin(): { plugin: TemporalPlugin; counts: { [hook: string]: number } } {
  const counts: { [hook: string]: number } = {}
  const counted = <T>(hook: string, options: T): T => {
    counts[hook] = (counts[hook] ?? 0) + 1
    return options
  }
  const plugin: TemporalPlugin = {
    name: 'counting',
    configureConnection: (options) => counted('connection', options),
    configureNativeConnection: (options) => counted('nativeConnection', options),
    configureClient: (options) => counted('client', options),
    configureWorker: (options) => counted('worker', options),
    configureBundler: (options) => counted('bundler', options),
  }
  return { plugin, counts }
}

it('a plugin acts once on a connection that Holdfast opens, and once on its client', async () => {
  const { plugin, counts } = countingPlugin()
  const seams = { plugins: [plugin] }
  const connection = await connectClient(withPlugins({ address, namespace, connection: {} }, seams))
  createClient(connection, namespace, seams)
  await connection.close()
  expect(counts).toEqual({ connection: 1, client: 1 })
})

it('a plugin acts once on a client over a connection of the user’s own', async () => {
  const { plugin, counts } = countingPlugin()
  const connection = await Connection.connect({ address })
  createClient(connection, namespace, { plugins: [plugin] })
  await connection.close()
  expect(counts).toEqual({ client: 1 })
})

it.each([
  ['nothing', {}, false],
  ['a codec', { dataConverter: { payloadCodecs: [] } }, false],
  ['an activity interceptor', { workerInterceptors: { activity: [] } }, false],
  ['a client plugin', { plugins: [{ name: 'a', configureClient: (options: object) => options }] }, false],
  ['a payload converter', { dataConverter: { payloadConverterPath: '/x' } }, true],
  ['a failure converter', { dataConverter: { failureConverterPath: '/x' } }, true],
  ['a workflow interceptor', { workerInterceptors: { workflowModules: ['/x'] } }, true],
  ['a bundler plugin', { plugins: [countingPlugin().plugin] }, true],
])('%s: does the bundle have to be made at the start?', (_, seams, expected) => {
  expect(changesBundle(seams)).toBe(expected)
})

it('the embedded library runs with a user’s converter, interceptors and plugins, bundled at its start', async () => {
  const simulator = await startSimulator({ script: { alpha: [{ answer: 'Hello.' }] } })
  const { plugin, counts } = countingPlugin()
  const seen: string[] = []
  const holdfast = await createHoldfast({
    config: parseConfig(twoProviders(simulator.url)),
    env: { TEMPORAL_ADDRESS: address },
    namespace,
    taskQueue: ownTaskQueue('seams'),
    logger: pino({ level: 'silent' }),
    dataConverter: { payloadConverterPath: path.join(FIXTURES, 'payload-converter.cjs') },
    interceptors: {
      workflow: [
        {
          start(input, next) {
            seen.push(`start ${input.workflowType}`)
            return next(input)
          },
        },
      ],
    },
    workerInterceptors: {
      workflowModules: [path.join(FIXTURES, 'workflow-interceptors.ts')],
      activity: [
        ({ info }) => ({
          inbound: {
            execute(input, next) {
              seen.push(`activity ${info.activityType}`)
              return next(input)
            },
          },
        }),
      ],
    },
    plugins: [plugin],
  })
  try {
    const { id, text } = await holdfast.generate({ prompt: 'Say hello' })
    expect(await holdfast.result(id)).toMatchObject({ text: 'Hello. (intercepted)' })
    // An early answer comes from the call itself.
    expect(['Hello.', 'Hello. (intercepted)']).toContain(text)
    expect(new Set(seen)).toEqual(new Set(['start circuit', 'start generation', 'activity callProvider']))
    // The caller's client, that of the circuits' board, and the one that Temporal gives to activities.
    expect(counts).toEqual({ nativeConnection: 1, client: 3, worker: 1, bundler: 1 })
    const connection = await Connection.connect({ address })
    const history = textIn(await new Client({ connection, namespace }).workflow.getHandle(id).fetchHistory())
    await connection.close()
    expect(history).toContain('json/named')
  } finally {
    await holdfast.close()
    await simulator.close()
  }
}, 60_000)
