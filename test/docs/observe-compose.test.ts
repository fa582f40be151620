/** The profile `observe` of docker-compose.yml: what it mounts is what its programs look for, and it finds whom it scrapes. */
import { parse } from 'yaml'
import { compose, ROLES, service, services, text } from '../helpers/compose'
import { alerts, OBSERVE, rules } from '../helpers/observe'

const config = parse(text(`${OBSERVE}/prometheus.yml`)) as {
  scrape_configs: {
    job_name: string
    authorization?: { credentials_file: string }
    dns_sd_configs?: { names: string[]; port: number }[]
    static_configs?: { targets: string[] }[]
  }[]
}
const job = (name: string) => config.scrape_configs.find(({ job_name }) => job_name === name)
const profile = services.filter(([, { profiles = [] }]) => profiles.includes('observe')).map(([name]) => name)

it('has Prometheus and Grafana, that nothing else waits for', () => {
  expect(profile).toEqual(['prometheus', 'grafana'])
  for (const [name, { depends_on = {} }] of services)
    if (!profile.includes(name))
      expect(Object.keys(depends_on).filter((one) => profile.includes(one))).toEqual([])
})

it('scrapes each worker at the port that workers have, and the gateway at its own', () => {
  expect(job('holdfast-worker')?.dns_sd_configs?.[0]).toMatchObject({
    names: ['worker'],
    port: Number(service('worker').environment?.HOLDFAST_METRICS_PORT),
  })
  const [published = ''] = service('gateway').ports ?? []
  expect(job('holdfast-gateway')?.static_configs).toEqual([
    { targets: [`gateway:${published.split(':').at(-1)}`] },
  ])
})

it('the rules know the jobs by the names that they have', () => {
  const asked = [...alerts, ...rules].flatMap(({ expr }) =>
    [...expr.matchAll(/\bjob=~?"([^"]+)"/g)].flatMap(([, jobs = '']) => jobs.split('|')),
  )
  expect(new Set(asked)).toEqual(new Set(config.scrape_configs.map(({ job_name }) => job_name)))
})

it('reaches workers and gateway by one network alone: over two each would be counted twice', () => {
  const mine = service('prometheus').networks ?? []
  for (const role of ROLES)
    expect(mine.filter((one) => service(role).networks?.includes(one))).toHaveLength(1)
})

it('shows the gateway a key from the environment', () => {
  const [secret = ''] = service('prometheus').secrets ?? []
  expect(job('holdfast-gateway')?.authorization?.credentials_file).toBe(`/run/secrets/${secret}`)
  expect(compose.secrets[secret]).toEqual({ environment: 'HOLDFAST_METRICS_KEY' })
})

it('mounts the rules where Prometheus looks for them, and the dashboard where Grafana does', () => {
  expect(service('prometheus').volumes).toEqual([
    `./${OBSERVE}/prometheus.yml:/etc/prometheus/prometheus.yml:ro`,
    `./${OBSERVE}/rules:/etc/prometheus/rules:ro`,
    'prometheus:/prometheus',
  ])
  const { providers } = parse(text(`${OBSERVE}/grafana/provisioning/dashboards/holdfast.yml`))
  expect(service('grafana').volumes).toEqual([
    `./${OBSERVE}/grafana/provisioning:/etc/grafana/provisioning:ro`,
    `./${OBSERVE}/grafana/dashboards:${providers[0].options.path}:ro`,
  ])
})
