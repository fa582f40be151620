/** The manifests say what the compose file says. What Kubernetes itself makes of them: test/long/deploy-lint.test.ts. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { createProgram } from '../../src/cli/program'
import { parseConfig } from '../../src/config'
import { shutdownTimes } from '../../src/worker/shutdown-times'
import { ROLES, service, TOP, text } from '../helpers/compose'

const FOLDER = 'deploy/kubernetes'
const kustomization = parse(text(`${FOLDER}/kustomization.yaml`)) as {
  resources: string[]
  configMapGenerator: { name: string; files?: string[]; literals?: string[] }[]
}
const settings = Object.fromEntries(
  kustomization.configMapGenerator.flatMap(({ literals = [] }) => literals.map((line) => line.split('='))),
) as { [name: string]: string }

interface Container {
  args: string[]
  ports: { name: string; containerPort: number }[]
  env?: { name: string }[]
  envFrom: { secretRef?: { name: string } }[]
  livenessProbe: { httpGet: { path: string } }
  readinessProbe: { httpGet: { path: string } }
  lifecycle?: { preStop: { sleep: { seconds: number } } }
  resources: { requests: object; limits: { memory?: string } }
  securityContext: object
}
interface Pod {
  terminationGracePeriodSeconds: number
  securityContext: object
  containers: Container[]
}
interface Manifest {
  kind: string
  metadata: { name: string }
  spec: { selector?: { matchLabels: object }; template?: { metadata: { labels: object }; spec: Pod } }
}
const manifests = kustomization.resources.flatMap((file) =>
  parseAllDocuments(text(`${FOLDER}/${file}`)).map((document) => document.toJS() as Manifest),
)

function podOf(role: string): { pod: Pod; container: Container } {
  const found = manifests.find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name === `holdfast-${role}`,
  )
  const pod = found?.spec.template?.spec
  const container = pod?.containers[0]
  if (pod === undefined || container === undefined) throw new Error(`no deployment of the ${role}`)
  return { pod, container }
}

it('names every file of the folder, and nothing else', () => {
  const named = [...kustomization.resources, 'holdfast.yaml', 'kustomization.yaml']
  expect(readdirSync(path.join(TOP, FOLDER)).sort()).toEqual(named.sort())
})

it('has the config of the compose file', () => {
  expect(parseConfig(text(`${FOLDER}/holdfast.yaml`))).toEqual(parseConfig(text('deploy/holdfast.yaml')))
})

describe.each(ROLES)('the %s', (role) => {
  const { pod, container } = podOf(role)

  it('is started by a command and options that exist', async () => {
    const [command, ...rest] = container.args
    const known = (await createProgram()).commands.find((one) => one.name() === command)?.options
    const options = rest.filter((word) => word.startsWith('--'))
    expect(command).toBe(role)
    expect(options.filter((word) => !known?.some(({ long }) => long === word))).toEqual([])
  })

  it('has every setting of the compose file that is no secret, and the same values where both name one', () => {
    const composed = service(role).environment ?? {}
    // What comes from the shell there comes from secrets here; its addresses are those of its own services; the port is an option.
    const elsewhere =
      /^\$\{|^(TEMPORAL_ADDRESS|REDIS_URL|HOLDFAST_UI_URL|HOLDFAST_BUILDS|HOLDFAST_METRICS_PORT)$/
    const wanted = Object.entries(composed).filter(
      ([name, value]) => !elsewhere.test(name) && !elsewhere.test(value),
    )
    const own = Object.fromEntries(Object.entries(container.env ?? {}).map(([, one]) => [one.name, 'set']))
    expect(wanted.length).toBeGreaterThan(3)
    for (const [name, value] of wanted)
      expect([name, settings[name] ?? own[name]]).toEqual([name, own[name] ?? value])
  })

  it('gets the secrets that its role needs', () => {
    const secrets = container.envFrom.flatMap(({ secretRef }) => (secretRef ? [secretRef.name] : []))
    const own = { gateway: 'holdfast-gateway', worker: 'holdfast-providers' }[role]
    expect(secrets).toEqual(['holdfast-connections', own])
  })

  it('has the time that it takes to drain', () => {
    const { shutdownForceTime = 0 } = shutdownTimes(settings)
    const { seconds } = container.lifecycle?.preStop.sleep ?? { seconds: 0 }
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(
      Number(shutdownForceTime) + seconds * 1_000 + 5_000,
    )
  })

  it('is asked at the port where it listens whether it lives and is ready', () => {
    const port = { gateway: 4400, worker: 9464 }[role]
    expect(container.ports.map(({ containerPort }) => containerPort)).toEqual([port])
    expect(container.livenessProbe.httpGet.path).toBe('/healthz')
    expect(container.readinessProbe.httpGet.path).toBe('/readyz')
  })

  it('runs without root, without capabilities, on a file system that it can only read, and within a memory limit', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(container.resources.limits).toHaveProperty('memory')
  })

  it('is selected by its budget of disruptions and by its network policy', () => {
    const labels = { 'app.kubernetes.io/name': 'holdfast', 'app.kubernetes.io/component': role }
    const named = manifests.filter(({ metadata }) => metadata.name === `holdfast-${role}`)
    expect(named.map(({ kind }) => kind)).toEqual(['Deployment', 'PodDisruptionBudget', 'NetworkPolicy'])
    expect(named[0]?.spec.template?.metadata.labels).toEqual(labels)
    for (const { spec } of named.slice(0, 2)) expect(spec.selector?.matchLabels).toEqual(labels)
  })
})
