/** What of OpenTelemetry a process loads, and what becomes of a process whose collector is down, or never answers. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type Command, type Commands, commands } from '../helpers/commands'
import { end, gatewayProcesses, postChat } from '../helpers/gateway-process'
import { type Collector, startCollector } from '../helpers/otlp'
import { type Stack, startStack } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

const HOOK = path.join(__dirname, '..', 'fixtures', 'programs', 'loaded-modules.cjs')
const BODY = { model: 'default', messages: [{ role: 'user', content: 'hi' }] }

let stack: Stack
let silent: Collector
let gateways: ReturnType<typeof gatewayProcesses>
let host: Commands

beforeAll(async () => {
  ;[stack, silent] = await Promise.all([startStack(), startCollector({ silent: true })])
  gateways = gatewayProcesses(stack)
  host = commands()
}, 60_000)

afterAll(async () => {
  await gateways?.close()
  await host?.close()
  await stack?.close()
  await silent?.close()
})

/** Packages of OpenTelemetry's that a gateway or a worker has loaded by its end. */
async function loaded(kind: 'gateway' | 'worker', env: { [name: string]: string }): Promise<string[]> {
  const file = path.join(host.folder, `${kind}-modules-${Object.keys(env).length}.json`)
  const hooked = { ...env, NODE_OPTIONS: `--require ${HOOK}`, LOADED_MODULES_FILE: file }
  let command: Command
  if (kind === 'gateway') {
    const started = await gateways.start(hooked)
    command = started.command
    expect((await postChat(started.url, BODY)).status).toBe(200)
  } else {
    const { address, namespace } = testServer()
    const temporal = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace }
    command = host.run(['worker'], { ...temporal, HOLDFAST_TASK_QUEUE: 'traces-off', ...hooked })
    await command.says(/Worker ready/)
  }
  await end(command)
  expect(existsSync(file)).toBe(true)
  const files: string[] = JSON.parse(readFileSync(file, 'utf8'))
  expect(files.length).toBeGreaterThan(100)
  // The API alone, which does nothing by itself, comes with prom-client, for those who look at metrics.
  return files.filter((one) => /@opentelemetry.(?!api\b)|tracing.(sdk|open-telemetry)\b/.test(one))
}

// TRACING-1
it.each(['gateway', 'worker'] as const)(
  "a %s without traces loads nothing of OpenTelemetry's SDK",
  async (kind) => {
    expect(await loaded(kind, {})).toEqual([])
  },
  60_000,
)

// SDK-1, SDK-2
it('a collector that never answers costs no request anything, and the end of the process two seconds', async () => {
  const { command, url } = await gateways.start({
    OTEL_EXPORTER_OTLP_ENDPOINT: silent.url,
    OTEL_BSP_SCHEDULE_DELAY: '10',
    OTEL_BSP_MAX_QUEUE_SIZE: '4',
  })
  for (let request = 0; request < 10; request += 1) expect((await postChat(url, BODY)).status).toBe(200)
  const endedAt = Date.now()
  await end(command)
  // A request of the exporter's own would go on for ten.
  expect(Date.now() - endedAt).toBeLessThan(8_000)
  expect(command.stderr()).toContain('spans_lost')
}, 60_000)
