/** The config against the circuits of a running stack, and the stack that is well: it has no warning at all. */
import { forceCircuit } from '../../src/client/force-circuit'
import { parseConfig } from '../../src/config'
import { type EmbeddedServer, startEmbeddedServer } from '../../src/dev-server/embedded'
import { circuitConfig, untilPublished } from '../helpers/circuits'
import { type DoctorStand, doctorStand, of, unwell } from '../helpers/doctor'
import { gatewayOver, type TestGateway } from '../helpers/gateway'
import { until } from '../helpers/processes'
import { type Stack, startStack } from '../helpers/stack'

let server: EmbeddedServer
let stack: Stack
let gateway: TestGateway
let doctor: DoctorStand
const more = 'other: { candidates: [alpha/model-c] }'
const config = (url: string) => circuitConfig(url, { circuit: 'consecutive: 3, openFor: 60s', more })

beforeAll(async () => {
  server = await startEmbeddedServer()
  stack = await startStack({ config, server, env: { HOLDFAST_VERSIONING: 'auto' } })
  gateway = await gatewayOver(stack, config)
  doctor = doctorStand(config(stack.simulator.url))
}, 60_000)
afterAll(async () => {
  doctor.close()
  await gateway.close()
  await stack.close()
  await server.stop()
})

const env = () => ({ TEMPORAL_ADDRESS: server.address, HOLDFAST_TASK_QUEUE: stack.taskQueue, WORKER: 'w1' })
const look = (only = ['circuits']) => doctor.findings(only, env())

const force = async (target: string, to: 'open' | 'closed' | 'auto', text = config(stack.simulator.url)) =>
  forceCircuit(stack.client, {
    config: parseConfig(text),
    taskQueue: stack.taskQueue,
    searchAttributes: false,
    target,
    to,
  })

it('a stack that is well has no warning, whatever is looked at, with every provider called', async () => {
  await stack.holdfast.generate({ prompt: 'hi' })
  const findings = await doctor.findings([], env(), { gateway: gateway.url, live: true })
  // This Node may be an old one, and a server that is starved by other work looks as one without the settings.
  const machine = ['host.node', 'settings.dispatch']
  expect(unwell(findings.filter(({ check }) => !machine.includes(check)))).toEqual([])
  const skipped = findings.filter(({ status }) => status === 'skipped').map(({ check }) => check)
  // Workers report after a minute, this config uses no Nexus, no Redis and no payload store, and a busy machine can't measure.
  expect(skipped.filter((check) => !check.startsWith('settings.'))).toEqual([
    'clock.workers',
    'workers.alive',
    ...['nexus.endpoints', 'nexus.polling'],
    ...['redis.reachable', 'redis.version', 'redis.eviction', 'redis.persistence'],
    ...['payloads.usable', 'payloads.kept', 'payloads.expire'],
    'host.data',
  ])
  expect(of(findings, 'providers.live').map(({ message }) => message.split(':')[0])).toEqual([
    'alpha/model-a',
    'beta/model-b',
    'alpha/model-c',
  ])
}, 60_000)

it('a forced circuit is a warning with the command that undoes it; a route without any other candidate is an error', async () => {
  await force('alpha/model-c', 'open')
  const findings = await look()
  expect(unwell(findings)).toEqual(['warn circuits.forced', 'error circuits.open'])
  expect(of(findings, 'circuits.forced')[0]).toMatchObject({
    message: expect.stringContaining('alpha/model-c has been forced open by an operator'),
    fix: 'holdfast circuits auto alpha/model-c',
  })
  expect(of(findings, 'circuits.open')[0]?.message).toContain(
    'route other: the circuits of all its candidates',
  )
  await force('alpha/model-c', 'closed')
  expect(of(await look(), 'circuits.forced')[0]?.message).toContain('it is called whatever fails there')
  await force('alpha/model-c', 'auto')
  expect(unwell(await look())).toEqual([])
}, 30_000)

it('a circuit that has opened by itself is a warning with its last failure, and a hold with its reason', async () => {
  stack.simulator.script('alpha', [{ status: 500, times: 3 }])
  for (let count = 0; count < 3; count += 1) await stack.holdfast.generate({ prompt: `fails ${count}` })
  await untilPublished(stack, 'alpha', ({ circuits }) => circuits.models['model-a']?.phase.name === 'open')
  const [open] = of(await look(), 'circuits.open')
  expect(open).toMatchObject({
    status: 'warn',
    message: expect.stringMatching(/^alpha\/model-a is open.*server_error/),
  })
  stack.simulator.script('beta', [
    { status: 429, retryAfter: '30' },
    { status: 429, retryAfter: '30' },
  ])
  await stack.holdfast.generate({ prompt: 'limited' }).catch(() => undefined)
  await untilPublished(stack, 'beta', ({ circuits }) => (circuits.models['model-b']?.hold ?? null) !== null)
  const messages = of(await look(), 'circuits.open').map(({ message }) => message)
  expect(messages).toContainEqual(expect.stringMatching(/^beta\/model-b is held for \d+ s more \(.*\)/))
}, 30_000)

it('the entity of a provider that the config has lost, and a forced model that no route names, are warnings', async () => {
  await force('alpha/model-c', 'closed')
  const less = doctorStand(`
providers: { alpha: { api: openai-chat, baseUrl: "${stack.simulator.url}/alpha/v1", auth: none } }
routes: { default: { candidates: [alpha/model-a] } }
`)
  try {
    // Lists are behind by a moment.
    await until('the entity is listed', async () => {
      const found = of(await less.findings(['circuits.unused'], env()), 'circuits.unused')
      return found.some(({ message }) => message.startsWith(`circuit-beta@${stack.taskQueue} keeps`))
    })
    const found = of(await less.findings(['circuits.unused'], env()), 'circuits.unused')
    expect(found.map(({ status, message }) => `${status} ${message}`)).toEqual([
      'warn alpha/model-c is forced_closed, and no route of the config names it',
      `warn circuit-beta@${stack.taskQueue} keeps the circuits of a provider that the config does not have`,
    ])
  } finally {
    less.close()
    await force('alpha/model-c', 'auto')
  }
}, 30_000)
