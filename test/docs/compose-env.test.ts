import { BUILT_IN_PROVIDERS } from '../../src/config/defaults'
import { envNamesIn } from '../../src/config/env'
import { DEFAULT_TASK_QUEUE } from '../../src/contract/generation'
import { names, ROLES, service, TOP, text } from '../helpers/compose'
import { readSources } from '../helpers/imports'

/** What the code reads of its environment, and where it is no use in a container. */
describe('every variable that the code reads', () => {
  const NOT_FOR_CONTAINERS: { [name: string]: string } = {
    TEMPORAL_CLI: 'the embedded server, which no container starts',
    TEMPORAL_TEST_SERVER: 'for tests',
    XDG_CACHE_HOME: 'where the embedded server is kept',
    HOME: 'set by the system',
    NO_COLOR: 'for a terminal, which a container has not',
    PATH: 'set by the system',
    TEMPORAL_API_KEY: 'for Temporal Cloud; the Temporal of this file has no keys',
    TEMPORAL_CONFIG_FILE: 'a file of the user; here the variables say all',
    TEMPORAL_PROFILE: 'the same',
    TEMPORAL_DEPLOYMENT_NAME: "Temporal's worker controller sets it, on Kubernetes",
    TEMPORAL_WORKER_BUILD_ID: 'the same',
  }
  /** TLS, codec servers and extra headers: the Temporal of this file has none. */
  const NOT_FOR_THIS_TEMPORAL = /^TEMPORAL_(TLS|CODEC|GRPC_META)/

  const sources = [...readSources(TOP, ['src', 'workflows', 'activities'])]
  const all = sources.map(([, source]) => source).join('\n')
  const envconfig = ['envconfig.js', 'envconfig-toml.js']
    .map((file) => text(`node_modules/@temporalio/envconfig/lib/${file}`))
    .join('\n')

  const read = new Set([
    ...names(all, /\benv\??\.([A-Z][A-Z0-9_]*)\b/g),
    ...names(all, /\benv\[['"](\w+)['"]\]/g),
    ...names(all, /\breadEnv\([^,()]+,\s*['"](\w+)['"]/g),
    ...names(all, /\b(HOLDFAST_[A-Z_]*[A-Z])\b/g),
    ...names(all, /\bvariable\('(\w+)'\)/g).map((name) => name.toUpperCase()),
    ...names(all, /\bvalue\('(OTEL_\w+)'\)/g),
    ...names(envconfig, /'(TEMPORAL_[A-Z_]+)'/g),
    ...envNamesIn(text('deploy/holdfast.yaml')),
  ])
  const keys: string[] = Object.values(BUILT_IN_PROVIDERS).map(({ apiKeyEnv }) => apiKeyEnv)
  /** Only workers call providers and have builds, only gateways are called. */
  const notFor: { [role: string]: Set<string> } = {
    gateway: new Set([
      ...keys,
      ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'],
      ...['HOLDFAST_BUILDS', 'HOLDFAST_VERSIONING', 'HOLDFAST_METRICS_PORT'],
    ]),
    worker: new Set(['HOLDFAST_API_KEYS', 'HOLDFAST_KEYS_FILE', 'HOLDFAST_OPERATE_KEYS', 'HOLDFAST_OPEN']),
  }

  it('is found in the sources', () => {
    expect([...read]).toEqual(
      expect.arrayContaining([
        'HOLDFAST_CONFIG',
        'HOLDFAST_TASK_QUEUE',
        'HOLDFAST_SHUTDOWN_GRACE',
        'HOLDFAST_UI_URL',
        'TEMPORAL_ADDRESS',
        'HTTPS_PROXY',
        'REDIS_URL',
      ]),
    )
  })

  it('can be found there: names are computed only where a name comes from elsewhere', () => {
    const computing = sources.filter(([, source]) => /\benv\[(?!['"])/.test(source)).map(([file]) => file)
    // In order: `${ENV}` of a config, the embedded server twice, the proxies, OpenTelemetry's own.
    expect(computing.sort()).toEqual([
      'src/config/env.ts',
      'src/dev-server/find-cli.ts',
      'src/dev-server/server-args.ts',
      'src/http/dispatcher.ts',
      'src/telemetry/tracing/environment.ts',
    ])
  })

  it.each(ROLES)('is set for the %s', (role) => {
    const wanted = [...read, ...keys].filter(
      (name) => !Object.hasOwn(NOT_FOR_CONTAINERS, name) && !NOT_FOR_THIS_TEMPORAL.test(name),
    )
    const mine = wanted.filter((name) => !notFor[role]?.has(name))
    const set = Object.keys(service(role).environment ?? {})
    expect(mine.filter((name) => !set.includes(name))).toEqual([])
  })

  it('is set for nobody who has no use for it', () => {
    for (const role of ROLES) {
      const set = Object.keys(service(role).environment ?? {})
      expect(set.filter((name) => !read.has(name) && !keys.includes(name))).toEqual([])
    }
    expect(Object.keys(service('gateway').environment ?? {}).filter((name) => keys.includes(name))).toEqual(
      [],
    )
  })

  it('has the same task queue, namespace and address everywhere', () => {
    const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE } = service('temporal-namespace').environment ?? {}
    for (const role of ROLES)
      expect(service(role).environment).toMatchObject({
        TEMPORAL_ADDRESS,
        TEMPORAL_NAMESPACE,
        HOLDFAST_TASK_QUEUE: DEFAULT_TASK_QUEUE,
      })
  })
})
