/** `holdfast doctor` as a process: exit codes, what it prints where, and no secret anywhere. */
import { findingsTable } from '../../src/cli/doctor-table'
import { commands } from '../helpers/commands'
import { testServer } from '../helpers/temporal'

const SECRETS = {
  ALPHA_KEY: 'alpha-secret-0123456789',
  HOLDFAST_API_KEYS: 'acme:gateway-secret-0123456789',
  REDIS_URL: 'redis://:redis-secret-0123456789@127.0.0.1:9',
}
const config = `
providers: { alpha: { api: openai-chat, baseUrl: http://127.0.0.1:9/v1, apiKeyEnv: ALPHA_KEY } }
routes: { default: { candidates: [alpha/m] } }
cache: { store: redis, url: "\${REDIS_URL}" }
`
const host = commands()
afterAll(() => host.close())

async function run(args: string[], env: { [name: string]: string } = {}) {
  const file = host.file('holdfast.yaml', config)
  const command = host.run(['doctor', '--config', file, ...args], {
    TEMPORAL_ADDRESS: testServer().address,
    ...SECRETS,
    ...env,
  })
  const code = await command.exited
  return { code, stdout: command.stdout(), stderr: command.stderr() }
}

it('an error ends it with 1: lines on stderr as checks end, one table on stdout, without colours or secrets', async () => {
  const { code, stdout, stderr } = await run(['--only', 'redis', 'temporal.retention', '--live'])
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^error redis\.reachable: cache \(127\.0\.0\.1:9\): Redis can't be reached \(ECONNREFUSED\)$/m,
  )
  expect(stdout).toMatch(/redis\.reachable +│ error +│ cache \(127\.0\.0\.1:9\)/)
  expect(stdout).toMatch(/│ To do: start it, or correct host and port/)
  expect(stdout).toMatch(/^1 error, 0 warnings, \d+ ok, 3 skipped$/m)
  expect(stdout + stderr).not.toContain('\u001b')
  expect(stdout + stderr).not.toMatch(/secret/)
}, 90_000)

it('without an error it ends with 0, with --strict a warning makes that a 1; --json prints one document and nothing else', async () => {
  const others = { REDIS_URL: 'redis://127.0.0.1:9', ALPHA_KEY: '' }
  const only = ['--only', 'providers.keys', 'providers.models', '--json']
  const missing = await run(only, others)
  expect(missing.code).toBe(1)
  expect(missing.stderr).toBe('')
  expect(JSON.parse(missing.stdout)).toMatchObject({
    version: 1,
    ok: false,
    counts: { ok: 2, warn: 1, error: 1, skipped: 0 },
    findings: [
      { check: 'config.valid', status: 'ok', fix: null },
      { check: 'providers.keys', status: 'error' },
      { check: 'providers.keys', status: 'warn', fix: expect.stringContaining('ALPHA_KEY') },
      { check: 'providers.models', status: 'ok' },
    ],
  })
  const warned = ['--only', 'circuits.readable', '--json']
  const env = { HOLDFAST_TASK_QUEUE: 'nobody-here' }
  expect((await run(warned, env)).code).toBe(0)
  expect((await run([...warned, '--strict'], env)).code).toBe(1)
}, 120_000)

it('a check that is none is an error that names it, and nothing is looked at', async () => {
  const { code, stdout, stderr } = await run(['--only', 'redis.reachible'])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('there is no check "redis.reachible"')
}, 90_000)

it('the table has an area together, checks that say the same in one row, and colours only where they are wanted', () => {
  const finding = (check: string, status: 'ok' | 'skipped', message: string) => ({
    check,
    status,
    message,
    fix: null,
  })
  const report = {
    version: 1 as const,
    at: 0,
    ok: true,
    counts: { ok: 2, warn: 0, error: 0, skipped: 2 },
    findings: [
      finding('a.one', 'ok', 'well'),
      finding('b.one', 'skipped', 'away'),
      finding('b.two', 'skipped', 'away'),
      finding('a.two', 'ok', 'fine'),
    ],
  }
  const rows = findingsTable(report, false)
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .map((line) =>
      line
        .split('│')
        .map((cell) => cell.trim())
        .slice(1, 4),
    )
  expect(rows.slice(1)).toEqual([
    ['a.one', 'ok', 'well'],
    ['a.two', 'ok', 'fine'],
    ['b.one', 'skipped', 'away'],
    ['b.two', '', ''],
  ])
  expect(findingsTable(report, true)).toContain('\u001b[32mok\u001b[39m')
})
