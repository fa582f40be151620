/** Config, keys, routes and models as the doctor finds them. Of a key only its variable is named. */
import { doctorStand, of, unwell } from '../helpers/doctor'

const KEYED = `
providers:
  alpha: { api: openai-chat, baseUrl: http://127.0.0.1:9/v1, apiKeyEnv: ALPHA_KEY }
  beta: { api: openai-chat, baseUrl: http://127.0.0.1:9/v1, apiKeyEnv: BETA_KEY }
models:
  alpha/old: { shutdownAt: 2026-11-01 }
  beta/soon: { shutdownAt: 2026-12-11 }
routes:
  default: { candidates: [alpha/m, beta/m] }
`
const NOW = Date.UTC(2026, 10, 28)

async function look(
  only: string[],
  { text = KEYED, env = {} }: { text?: string; env?: { [name: string]: string } } = {},
) {
  const doctor = doctorStand(text)
  try {
    return await doctor.findings(only, env, { now: () => NOW })
  } finally {
    doctor.close()
  }
}

it('a config with an error says where, and all that needs the config is skipped', async () => {
  const findings = await look(['providers', 'redis'], { text: `${KEYED}routess: {}\n` })
  expect(unwell(findings)).toEqual(['error config.valid'])
  expect(findings[0]?.message).toMatch(/holdfast\.yaml:10:1: routess: unknown field; did you mean "routes"\?/)
})

it('with all keys set there is no warning; a key that is not set is one, and the route has nothing to fall back to', async () => {
  const env = { ALPHA_KEY: 'alpha-secret', BETA_KEY: 'beta-secret' }
  expect(unwell(await look(['providers'], { env }))).toEqual([])
  const findings = await look(['providers'], { env: { ALPHA_KEY: 'alpha-secret' } })
  expect(unwell(findings)).toEqual(['warn providers.keys', 'warn providers.routes'])
  expect(of(findings, 'providers.keys')).toMatchObject([
    { status: 'ok', message: 'alpha can be called: 1 of 2 variables are set here' },
    { status: 'warn', fix: 'set BETA_KEY where workers run, or take beta out of the config' },
  ])
  expect(JSON.stringify(findings)).not.toContain('alpha-secret')
})

it('without any key there are errors: nothing could be answered', async () => {
  expect(
    unwell(await look(['providers.keys', 'providers.routes'])).filter((one) => one.startsWith('error')),
  ).toEqual(['error providers.keys', 'error providers.routes'])
})

it('a model that is shut down is an error, one that soon is a warning with its day', async () => {
  const text = KEYED.replace('[alpha/m, beta/m]', '[alpha/old, beta/soon]')
  const findings = of(await look(['providers.models'], { text }), 'providers.models')
  expect(findings.map(({ status, message }) => `${status} ${message}`)).toEqual([
    'error alpha/old was shut down on 2026-11-01',
    'warn beta/soon is shut down on 2026-12-11, in 13 days',
  ])
  expect(findings[0]?.fix).toContain('name another model in route default')
})

it('providers are called only where that is requested', async () => {
  const [finding] = of(await look(['providers.live']), 'providers.live')
  expect(finding).toMatchObject({ status: 'skipped', fix: expect.stringContaining('--live') })
})
