/** The compose file and what it mounts say what the code says. That it runs is not shown here: docs/deploy.md says what was run. */
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { createProgram } from '../../src/cli/program'
import { parseConfig, parseDuration } from '../../src/config'
import { BUILT_IN_PROVIDERS } from '../../src/config/defaults'
import { SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/search-attributes'
import { RETENTION_DAYS } from '../../src/dev-server/embedded'
import { serverArgs, serverEnv } from '../../src/dev-server/server-args'
import { registerCommand } from '../../src/temporal/search-attributes'
import { shutdownTimes } from '../../src/worker/shutdown-times'
import { compose, document, names, ROLES, service, services, TOP, text } from '../helpers/compose'

describe('docker-compose.yml', () => {
  it('is YAML without errors and warnings', () => {
    expect([...document.errors, ...document.warnings]).toEqual([])
    expect(services.map(([name]) => name)).toEqual(expect.arrayContaining([...ROLES, 'temporal', 'redis']))
  })

  it('pins every image of others to one version and its digest', () => {
    const images = services.filter(([, { build }]) => build === undefined).map(([, { image }]) => image)
    expect(
      images.filter((image) => !/:v?\d+\.\d+(\.\d+)?(-bookworm)?@sha256:[0-9a-f]{64}$/.test(image)),
    ).toEqual([])
    const { version } = JSON.parse(text('package.json'))
    for (const role of ROLES) expect(service(role).image).toBe(`holdfast:${version}`)
    expect(text('Dockerfile')).toMatch(
      /^ARG NODE_IMAGE=node:24\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/m,
    )
  })

  it('has server and tools of one version, and not the deprecated auto-setup', () => {
    const tag = (name: string) => service(name).image.split('@')[0] ?? ''
    const version = tag('temporal').split(':')[1]
    expect(tag('temporal')).toBe(`temporalio/server:${version}`)
    for (const name of ['temporal-schema', 'temporal-namespace'])
      expect(tag(name)).toBe(`temporalio/admin-tools:${version}`)
  })

  it('checks the health of all that keeps running, and waits for it', () => {
    const oneShot = new Set(
      services.filter(([, { restart = '' }]) => restart.startsWith('on-failure')).map(([name]) => name),
    )
    expect([...oneShot].sort()).toEqual(['temporal-namespace', 'temporal-schema'])
    const unchecked = services.filter(([name, { healthcheck }]) => !oneShot.has(name) && !healthcheck)
    expect(unchecked.map(([name]) => name)).toEqual([])
    for (const [, { depends_on = {} }] of services)
      for (const [needed, { condition }] of Object.entries(depends_on))
        expect([needed, condition]).toEqual([
          needed,
          oneShot.has(needed) ? 'service_completed_successfully' : 'service_healthy',
        ])
  })

  it('starts in order: database, tables, server, namespace, then workers and gateway', () => {
    const order = ['postgresql', 'temporal-schema', 'temporal', 'temporal-namespace']
    for (const [at, name] of order.slice(1).entries())
      expect(Object.keys(service(name).depends_on ?? {})).toEqual([order[at]])
    for (const role of ROLES)
      expect(Object.keys(service(role).depends_on ?? {})).toEqual(['temporal-namespace', 'redis'])
  })

  it('shows the gateway and what has a page to its own host, and nothing else', () => {
    const shown = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]))
    expect(shown).toEqual([
      ['gateway', '127.0.0.1:4400:4400'],
      ['temporal-ui', '127.0.0.1:8233:8233'],
      ['prometheus', '127.0.0.1:9090:9090'],
      ['grafana', '127.0.0.1:3000:3000'],
    ])
    expect(compose.networks.inside?.internal).toBe(true)
    for (const name of ['postgresql', 'redis', 'temporal']) expect(service(name).networks).toEqual(['inside'])
  })

  it('mounts files that are there, and volumes that it has', () => {
    const sources = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    )
    for (const source of sources)
      if (source.startsWith('./'))
        expect([source, existsSync(path.join(TOP, source))]).toEqual([source, true])
      else expect(Object.keys(compose.volumes)).toContain(source)
  })

  it('runs commands that exist, and leaves them the time that they take to drain', async () => {
    for (const role of ROLES) {
      const { command = [], stop_grace_period: grace = '', environment = {} } = service(role)
      expect(command[0]).toBe(role)
      const { shutdownForceTime = 0 } = shutdownTimes(environment)
      expect(parseDuration(grace)).toBeGreaterThanOrEqual(Number(shutdownForceTime) + 5_000)
    }
    for (const role of ROLES) {
      const known = (await createProgram()).commands.find((command) => command.name() === role)
      const options = (service(role).command ?? []).filter((word) => word.startsWith('--'))
      expect(options.filter((word) => !known?.options.some(({ long }) => long === word))).toEqual([])
    }
  })
})

describe('the Temporal of docker-compose.yml', () => {
  const FILE = 'deploy/temporal/dynamic-config.yaml'
  const args = serverArgs({ ip: '', port: 1, ui: { ip: '', port: 2 }, namespace: '', dataFile: undefined })
  const settings = args
    .filter((_, at) => args[at - 1] === '--dynamic-config-value')
    .map((setting): [string, unknown] => {
      const [key = '', ...value] = setting.split('=')
      return [key, JSON.parse(value.join('='))]
    })
    // The cluster's HTTP API serves its health check, and only its own network reaches it.
    .filter(([key]) => key !== 'frontend.httpAllowedHosts')

  it('has the dynamic config of the embedded server (UPDATE=1 writes it anew)', () => {
    expect(settings.length).toBeGreaterThan(3)
    if (process.env.UPDATE === '1') {
      const head = text(FILE)
        .split('\n')
        .filter((line) => line.startsWith('#'))
      const body = settings.map(([key, value]) => `${key}:\n  - value: ${String(value)}`)
      writeFileSync(path.join(TOP, FILE), `${[...head, ...body].join('\n')}\n`)
    }
    const expected = Object.fromEntries(settings.map(([key, value]) => [key, [{ value }]]))
    expect(parse(text(FILE))).toEqual(expected)
    const { environment = {}, volumes = [] } = service('temporal')
    expect(volumes).toContain(`./${FILE}:${environment.DYNAMIC_CONFIG_FILE_PATH}:ro`)
  })

  it('has the GOGC of the embedded server', () => {
    expect(service('temporal').environment?.GOGC).toBe(serverEnv({}).GOGC)
  })

  it('gets the search attributes that the code writes, and the retention of the embedded server', () => {
    const script = text('deploy/temporal/namespace.sh').replaceAll('\\\n  ', '')
    expect(script).toContain(registerCommand(SEARCH_ATTRIBUTE_NAMES, '"$TEMPORAL_NAMESPACE"'))
    expect(service('temporal-namespace').environment?.RETENTION).toBe(`${RETENTION_DAYS}d`)
  })
})

describe('deploy/holdfast.yaml', () => {
  it('is a config that our loader takes, with all that is shared in Redis', () => {
    const config = parseConfig(text('deploy/holdfast.yaml'))
    expect(config).toMatchObject({
      providers: Object.fromEntries(Object.keys(BUILT_IN_PROVIDERS).map((name) => [name, { name }])),
      cache: { store: 'redis' },
      delivery: { store: 'redis' },
    })
    const { environment = {}, volumes = [] } = service('worker')
    expect(volumes).toContain(`./deploy/holdfast.yaml:${environment.HOLDFAST_CONFIG}:ro`)
  })
})

describe('the image', () => {
  const ignored = text('.dockerignore').split('\n')
  const dockerfile = text('Dockerfile')

  it('is built from all that the build reads', () => {
    const build = text('scripts/build.mjs')
    const [, list = ''] = /^const SOURCES = \[(.+)\]$/m.exec(build) ?? []
    const wanted = names(list, /'([^']+)'/g)
    expect(wanted.length).toBeGreaterThan(4)
    expect(
      [...wanted, 'scripts', 'package-lock.json'].filter((file) => !ignored.includes(`!${file}`)),
    ).toEqual([])
  })

  it('holds every file that the package ships and the health check, and runs as an unprivileged user', () => {
    const { files } = JSON.parse(text('package.json')) as { files: string[] }
    const copied = [...dockerfile.matchAll(/^COPY --from=build (.+) \S+$/gm)].flatMap(([, list = '']) =>
      list.split(' '),
    )
    const has = (file: string) => copied.some((source) => `/build/${file}`.startsWith(source))
    // What only people read needs no place in an image.
    const shipped = files.filter((file) => !file.startsWith('!'))
    expect(shipped.filter((file) => !has(file))).toEqual(['docs', 'examples', 'README.md', 'CHANGELOG.md'])
    expect(has('deploy/healthcheck.cjs')).toBe(true)
    expect(dockerfile).toMatch(/^USER 1000:1000$/m)
  })

  it('has a health check for each role, at the port where it listens', () => {
    const check = text('deploy/healthcheck.cjs')
    for (const role of ROLES) {
      expect(service(role).healthcheck?.test.slice(1)).toEqual([
        'node',
        '/opt/holdfast/deploy/healthcheck.cjs',
        role,
      ])
    }
    const worker = service('worker').environment?.HOLDFAST_METRICS_PORT
    expect(check).toContain(`{ gateway: 4400, worker: ${worker} }`)
  })
})
