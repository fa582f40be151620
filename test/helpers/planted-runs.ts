/** `holdfast up` with all that it can keep: a database file, a cache, a payload store, and words in Redis; and what is planted there. */
import path from 'node:path'
import type { StreamRequest } from '../../src/client'
import { createInternalHoldfast, type InternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Command, type Commands, commands } from './commands'
import { type Collector, startCollector } from './otlp'
import { filesIn, PLANTED, type Planted, plantedIn, redisBytes } from './planted'
import { until } from './processes'
import { type RedisServer, startRedis } from './redis'

const LARGE_BYTES = 400_000

const configText = (simulatorUrl: string, redisUrl: string, cache: 'disk' | 'redis'): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${simulatorUrl}/alpha/v1, auth: none, headers: { x-planted: "\${PLANTED_HEADER}" } }
  beta: { api: anthropic-messages, baseUrl: ${simulatorUrl}/beta/v1, auth: none }
cache: ${cache === 'disk' ? '{ store: disk }' : `{ store: redis, url: "${redisUrl}" }`}
delivery: { store: redis, url: "${redisUrl}" }
payloads: { store: disk, over: 64KB }
metadata: { searchable: [ticket] }
defaults: { circuit: { consecutive: 50 }, retry: { maximumAttempts: 1, initialInterval: 20ms } }
routes:
  default: { candidates: [alpha/model-a, beta/model-b] }
  alone: { candidates: [alpha/model-c] }
  messages: { candidates: [beta/model-d] }
  cached: { candidates: [alpha/model-e], cache: { ttl: 1h } }
  waiting: { candidates: [alpha/model-f], passes: 5, deadline: 10m }
`

export interface PlantedStack {
  simulator: Simulator
  host: Commands
  /** Of the `up` that runs. */
  url(): string
  command(): Command
  /** Of Temporal. */
  address(): string
  /** `keys` null: without encryption. On the data of the one before. */
  up(keys: string | null, cache: 'disk' | 'redis'): Promise<void>
  /** Ends the one that runs, and what it said is kept. */
  down(): Promise<void>
  /** A chat completion of the tenant. */
  chat(fields: object, headers?: { [name: string]: string }, tenant?: 'acme' | 'globex'): Promise<string>
  /** Of acme, by a client of another process than the worker's, as whose tasks any worker gets: its id. */
  start(request: StreamRequest): Promise<string>
  /** Waits for its end. */
  answered(id: string): Promise<{ state: string; text?: string }>
  /** Success, fallback, failure, stream, hit, a beta of the request, a large one; each with what is planted. */
  runs(): Promise<void>
  /** What stands where, of all that is kept or said. */
  found(): Promise<{ [place: string]: Planted[] }>
  close(): Promise<void>
}

export async function plantedStack(): Promise<PlantedStack> {
  const [simulator, redis, collector]: [Simulator, RedisServer, Collector] = await Promise.all([
    startSimulator(),
    startRedis(),
    startCollector(),
  ])
  const host = commands()
  const data = path.join(host.folder, 'data')
  const said: string[] = []
  const errorsOfOthers: string[] = []
  let running: { command: Command; url: string; address: string } | null = null
  const now = () => {
    if (running === null) throw new Error('nothing is up')
    return running
  }

  let client: InternalHoldfast | null = null
  const hangUp = async () => {
    await client?.close()
    client = null
  }

  const down = async () => {
    const { command } = now()
    await hangUp()
    running = null
    command.kill('SIGTERM')
    await command.exited
    said.push(command.stdout(), command.stderr())
  }

  const send = (route: string, body: object, headers = {}, tenant = 'acme'): Promise<Response> =>
    fetch(`${now().url}${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': `key-of-${tenant}`, ...headers },
      body: JSON.stringify(body),
    })
  const chat: PlantedStack['chat'] = async (fields, headers, tenant) => {
    const messages = [{ role: 'user', content: PLANTED.prompt }]
    const response = await send(
      '/v1/chat/completions',
      { model: 'default', messages, ...fields },
      headers,
      tenant,
    )
    return response.text()
  }

  const runs = async () => {
    const key = { 'idempotency-key': PLANTED.idempotencyKey }
    simulator.script('alpha/model-a', [
      {
        answer: PLANTED.answer,
        toolCalls: [{ name: 'look', arguments: { place: PLANTED.toolArgument } }],
        times: 1,
      },
      { status: 503, message: PLANTED.providerError, times: 1 },
      { answer: PLANTED.streamed, times: 1 },
      { answer: `${PLANTED.large} `.repeat(LARGE_BYTES / PLANTED.large.length) },
    ])
    simulator.script('beta/model-b', [{ answer: PLANTED.answer }])
    simulator.script('alpha/model-c', [{ status: 400, message: PLANTED.providerError }])
    simulator.script('alpha/model-e', [{ answer: PLANTED.answer }])
    await chat({ ...WITH_ALL, holdfast: { metadata: { user: PLANTED.metadata, ticket: 't-1' } } }, key)
    await chat({ ...WITH_ALL, holdfast: { metadata: { user: PLANTED.metadata } } })
    await chat({ stream: true, messages: [{ role: 'user', content: PLANTED.prompt }] })
    await chat({ model: 'alone' })
    await chat({ model: 'cached' })
    const hit = await chat({ model: 'cached' })
    if (!hit.includes(PLANTED.answer)) throw new Error(`no hit: ${hit}`)
    await send(
      '/v1/messages',
      { model: 'messages', max_tokens: 9, messages: [{ role: 'user', content: PLANTED.prompt }] },
      { 'anthropic-beta': PLANTED.requestHeader },
    ).then((response) => response.text())
    const text = `${PLANTED.large} `.repeat(LARGE_BYTES / PLANTED.large.length)
    const large = await chat({ messages: [{ role: 'user', content: text }] })
    if (!large.includes(PLANTED.large)) throw new Error(`the large one: ${large.slice(0, 1_000)}`)
    // Another tenant with the same key, and with a failure of its own at the same target.
    simulator.script('alpha/model-c', [{ status: 400, message: 'bad' }])
    errorsOfOthers.push(
      await chat({ model: 'alone', messages: [{ role: 'user', content: 'hi' }] }, key, 'globex'),
    )
    errorsOfOthers.push(
      await chat({ model: 'nobody', messages: [{ role: 'user', content: 'hi' }] }, key, 'globex'),
    )
    const drill = host.run(['drill', '--route', 'alone', '--fault', 'server_error'], {
      TEMPORAL_ADDRESS: now().address,
      ...(keysNow === null ? {} : { HOLDFAST_ENCRYPTION_KEYS: keysNow }),
    })
    await drill.exited
    said.push(drill.stdout(), drill.stderr())
  }

  let keysNow: string | null = null
  return {
    simulator,
    host,
    url: () => now().url,
    command: () => now().command,
    address: () => now().address,
    async up(keys, cache) {
      keysNow = keys
      host.file('holdfast.yaml', configText(simulator.url, redis.url, cache))
      const ports = ['--port', '0', '--temporal-port', '0', '--ui-port', '0']
      const command = host.run(['up', ...ports, '--data', data], {
        HOLDFAST_API_KEYS: 'acme:key-of-acme,globex:key-of-globex',
        HOLDFAST_VERSIONING: 'off',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: '100',
        PLANTED_HEADER: PLANTED.providerHeader,
        ...(keys === null ? {} : { HOLDFAST_ENCRYPTION_KEYS: keys }),
      })
      const [, address = ''] = await command.says(/Temporal\s+(127\.0\.0\.1:\d+)/)
      const [, url = ''] = await command.says(/OpenAI API\s+(\S+)\/v1/)
      await command.says(/Health/)
      running = { command, url, address }
    },
    down,
    chat,
    async start(request) {
      const env = {
        TEMPORAL_ADDRESS: now().address,
        ...(keysNow === null ? {} : { HOLDFAST_ENCRYPTION_KEYS: keysNow }),
      }
      client ??= await createInternalHoldfast({
        config: parseConfig(configText(simulator.url, redis.url, 'redis')),
        env,
        tenant: 'acme',
      })
      return (await client.start(request)).id
    },
    async answered(id) {
      const read = async () => {
        const response = await fetch(`${now().url}/v1/generations/${id}`, {
          headers: { 'x-api-key': 'key-of-acme' },
        })
        return (await response.json()) as { state: string; result?: { text: string } }
      }
      await until('it has ended', async () => (await read()).state !== 'running', 60_000)
      const { state, result } = await read()
      return { state, ...(result === undefined ? {} : { text: result.text }) }
    },
    runs,
    async found() {
      const metrics = running === null ? '' : await (await fetch(`${now().url}/metrics`)).text()
      const places: { [place: string]: Buffer } = {
        ...filesIn(data),
        redis: await redisBytes(redis.url),
        said: Buffer.from([...said, running?.command.stdout(), running?.command.stderr()].join('\n')),
        spans: Buffer.from(collector.raw(), 'latin1'),
        metrics: Buffer.from(metrics),
        'errors of others': Buffer.from(errorsOfOthers.join('\n')),
      }
      return Object.fromEntries(
        Object.entries(places).map(([place, bytes]) => {
          if (bytes.length === 0 && ['redis', 'said', 'spans'].includes(place))
            throw new Error(`${place}: nothing`)
          return [place, plantedIn(bytes)]
        }),
      )
    },
    async close() {
      await hangUp()
      await host.close()
      await Promise.all([simulator.close(), redis.close(), collector.close()])
    },
  }
}

/** Of a chat completion: all that a request can hold. */
const WITH_ALL = {
  messages: [
    { role: 'system', content: PLANTED.system },
    { role: 'user', content: PLANTED.prompt },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        {
          id: 'c1',
          type: 'function',
          function: { name: 'look', arguments: `{"place":"${PLANTED.toolArgument}"}` },
        },
      ],
    },
    { role: 'tool', tool_call_id: 'c1', content: PLANTED.toolResult },
  ],
  tools: [
    {
      type: 'function',
      function: {
        name: 'look',
        description: PLANTED.toolDescription,
        parameters: { type: 'object', properties: {} },
      },
    },
  ],
  response_format: {
    type: 'json_schema',
    json_schema: {
      name: 'place',
      schema: { type: 'object', properties: { [PLANTED.schema]: { type: 'string' } } },
    },
  },
}
