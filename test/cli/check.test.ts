import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Ajv from 'ajv'
import { Command } from 'commander'
import { parse } from 'yaml'
import { check, registerCheck } from '../../src/cli/check'
import { renderReport } from '../../src/cli/check-report'
import { configJsonSchema } from '../../src/config/json-schema'

const EXAMPLES = join(__dirname, '..', '..', 'examples', 'configs')
const examples = readdirSync(EXAMPLES)
const KEY = 'sk-proj-verysecret0123456789'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-check-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
  process.exitCode = 0
})

/** Runs the command as the CLI does, in this process, and takes what it prints. */
async function run(...args: string[]) {
  const program = new Command().exitOverride()
  registerCheck(program)
  const out = jest.spyOn(process.stdout, 'write').mockReturnValue(true)
  const err = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    await program.parseAsync(['check', ...args], { from: 'user' })
    const text = (spy: jest.SpyInstance) => spy.mock.calls.map(([chunk]) => String(chunk)).join('')
    return { stdout: text(out), stderr: text(err), code: process.exitCode ?? 0 }
  } finally {
    out.mockRestore()
    err.mockRestore()
  }
}

const file = (text: string) => {
  const path = join(directory, 'holdfast.yaml')
  writeFileSync(path, text)
  return path
}

describe('every example config', () => {
  it('is there for the servers that people ask about', () => {
    expect(examples).toEqual(
      expect.arrayContaining(['azure.yaml', 'ollama.yaml', 'vllm.yaml', 'openrouter.yaml']),
    )
  })

  it.each(examples)('%s is accepted by check', async (name) => {
    const { stdout, stderr, code } = await run('--config', join(EXAMPLES, name))
    expect({ stderr, code: code }).toEqual({ stderr: '', code: 0 })
    expect(stdout).toContain('Route default')
  })

  const yaml = examples.filter((name) => name.endsWith('.yaml'))

  it.each(yaml)('%s is accepted by the JSON Schema that it names', (name) => {
    const text = readFileSync(join(EXAMPLES, name), 'utf8')
    const [, schema] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? []
    expect(existsSync(join(EXAMPLES, schema ?? '?'))).toBe(true)
    expect(schemaErrors(parse(text))).toEqual([])
  })

  it('full.yaml has every field that there is', () => {
    const text = readFileSync(join(EXAMPLES, 'full.yaml'), 'utf8')
    const missing = fieldNames(configJsonSchema()).filter((field) => !new RegExp(`\\b${field}\\b`).test(text))
    expect(missing).toEqual(['$schema'])
  })
})

describe('the JSON Schema', () => {
  it.each([
    ['at the top', { provider: {} }],
    ['in a provider', { providers: { a: { api: 'openai-chat', baseUrl: 'http://a', baseurl: 'x' } } }],
    ['in a route', { routes: { r: { candidates: ['a/m'], dedline: '1s' } } }],
    ['in a candidate', { routes: { r: { candidates: [{ target: 'a/m', timeout: {} }] } } }],
    ['in timeouts', { routes: { r: { candidates: ['a/m'], timeouts: { total: '1s' } } } }],
    [
      'in hedge',
      { routes: { r: { candidates: ['a/m'], strategy: { hedge: { after: '1s', budgt: '1%' } } } } },
    ],
  ])('refuses an unknown field %s', (_, value) => expect(schemaErrors(value)).not.toEqual([]))

  it('refuses a bare number as a duration', () => {
    expect(schemaErrors({ routes: { r: { candidates: ['a/m'], deadline: 10 } } })).not.toEqual([])
  })
})

describe('holdfast check', () => {
  it('without a file shows the built-in defaults, the variables to set, and --demo', async () => {
    const report = await check(file(''), {})
    const text = renderReport({ ...report, file: null })
    expect(text).toContain('built-in defaults')
    expect(report.ok).toBe(true)
    expect(text).toContain('OPENAI_API_KEY: not set')
    expect(text).toContain('No provider is usable')
    expect(text).toContain('anthropic: set ANTHROPIC_API_KEY')
    expect(text).toContain('--demo')
  })

  it('shows which keys are set, and what is left out', async () => {
    const text = renderReport(await check(file(''), { OPENAI_API_KEY: KEY }))
    expect(text).toContain('OPENAI_API_KEY: set')
    expect(text).toMatch(/Left out of every plan until mended:\n {2}anthropic: set ANTHROPIC_API_KEY/)
    expect(text).not.toContain('--demo')
  })

  it('never prints a key', async () => {
    const env = { OPENAI_API_KEY: KEY, ANTHROPIC_API_KEY: KEY, TOGETHER_API_KEY: KEY, GEMINI_API_KEY: KEY }
    const report = await check(file(''), env)
    expect(renderReport(report)).toContain('All providers are usable.')
    expect(renderReport(report) + JSON.stringify(report)).not.toContain('verysecret')
  })

  it('shows a route as it will run', async () => {
    const { stdout } = await run('--config', join(EXAMPLES, 'full.yaml'))
    expect(stdout).toContain('Route chat: hedge after 800ms, at most 1 at a time, for 10% of requests')
    expect(stdout).toContain('deadline 30s (a request may ask for up to 1d), 1 pass')
    expect(stdout).toContain('circuit opens at 50% failures of at least 20 calls in 30s, for 10s')
    expect(stdout).toContain('cache fresh for 1h, 1d more in place of an error')
    expect(stdout).toMatch(/1 .* openai\/gpt-6\.1-sol .* attempt 2m, connect 5s .* 2, jitter full/)
    expect(stdout).toMatch(/first token 30s, idle 20s .* pause 500ms x 2 up to 10s/)
  })

  it('says of a route without circuits that it has none', async () => {
    const path = file(
      'providers: { a: { api: openai-chat, baseUrl: http://a } }\nroutes: { r: { candidates: [a/m], circuit: false } }\n',
    )
    expect(renderReport(await check(path, {}))).toContain('  circuit none\n')
  })

  it('ends with 1 and the errors on stderr for a config that is wrong', async () => {
    const path = file('providers: {}\nroutess: {}\n')
    expect(await run('--config', path)).toEqual({
      stdout: '',
      stderr: `${path}:2:1: routess: unknown field; did you mean "routes"?\n`,
      code: 1,
    })
    expect(await run('--config', join(directory, 'none.yaml'))).toMatchObject({ code: 1, stdout: '' })
  })

  it('--json prints the whole report, and ends with 0 though keys are missing', async () => {
    const path = file(
      'providers: { a: { api: openai-chat, baseUrl: http://a, apiKeyEnv: HOLDFAST_TEST_UNSET } }\nroutes: { r: { candidates: [a/m] } }\n',
    )
    const { stdout, code } = await run('--config', path, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      file: path,
      providers: { a: { baseUrl: 'http://a' } },
      routes: { r: { deadlineMs: 300_000 } },
      keys: [{ provider: 'a', variable: 'HOLDFAST_TEST_UNSET', set: false }],
      unusable: [{ provider: 'a', reason: 'set HOLDFAST_TEST_UNSET' }],
    })
  })

  it('shows the order of a route, with weights and ranks', async () => {
    const path = file(`
providers: { a: { api: openai-chat, baseUrl: http://a }, b: { api: openai-chat, baseUrl: http://b } }
routes:
  balanced:
    order: weighted
    sticky: user
    candidates: [{ target: a/m, weight: 3 }, b/m, { target: a/n, rank: 2 }]
  quick: { order: latency, candidates: [a/m, b/m] }
`)
    const { stdout } = await run('--config', path)
    expect(stdout).toContain('Route balanced: sequence, weighted order, sticky by user\n')
    expect(stdout).toContain('Route quick: sequence, latency order\n')
    expect(stdout).toMatch(/weight 3 .*\n/)
    expect(stdout).toMatch(/weight 1 .*\n/)
    expect(stdout).toMatch(/weight 1, rank 2/)
  })

  it('--json prints errors as data too', async () => {
    const path = file('routess: {}\n')
    const { stdout, stderr, code } = await run('--config', path, '--json')
    expect({ code, report: JSON.parse(stdout) }).toMatchObject({
      code: 1,
      report: { ok: false, file: path, errors: [{ path: 'routess', position: { line: 1, column: 1 } }] },
    })
    expect(stderr).toContain('did you mean "routes"?')
  })

  it('reads programs outside the test runner too, ES modules that await included', () => {
    const program = 'export default await Promise.resolve({ providers: {}, routes: {} })'
    writeFileSync(join(directory, 'c.mjs'), program)
    const script = `
      const load = require('jiti').createJiti(process.cwd() + '/')
      load.import('./src/config/index.ts')
        .then(({ loadConfig }) => loadConfig({ file: 'c.mjs', cwd: ${JSON.stringify(directory)} }))
        .then((config) => process.stdout.write(config.file))`
    const cwd = join(__dirname, '..', '..')
    expect(execFileSync(process.execPath, ['-e', script], { cwd, encoding: 'utf8' })).toBe('c.mjs')
  })
})

const validate = new Ajv({ strict: false }).compile(configJsonSchema())
const schemaErrors = (value: unknown): unknown[] => (validate(value) ? [] : (validate.errors ?? []))

/** The names of all fields that a schema describes. */
function fieldNames(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const own =
    'properties' in value && typeof value.properties === 'object' ? Object.keys(value.properties ?? {}) : []
  return [...new Set([...own, ...Object.values(value).flatMap(fieldNames)])]
}

describe('the payload store', () => {
  const S3 = 'payloads: { store: s3, bucket: our-bucket, region: eu-west-1, over: 64KB }\n'
  const lineOf = (text: string) => text.split('\n').find((line) => line.startsWith('Payload store: '))

  it('stands there with its place, its bound and how long it keeps', async () => {
    const report = await check(file(S3), { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' })
    expect(report.payloads).toMatchObject({ store: 's3', overBytes: 65_536, problem: null })
    expect(lineOf(renderReport(report))).toMatch(
      /s3, bucket our-bucket, below holdfast\/; what is over 64KB, kept for 30d \(`holdfast doctor`/,
    )
    const disk = await check(file('payloads: { store: disk, path: /shared/payloads }\n'), {})
    expect(lineOf(renderReport(disk))).toContain('disk, /shared/payloads; what is over 256KB, kept for 30d')
  })

  it('says which variable it lacks, and that there is none', async () => {
    const report = await check(file(S3), { AWS_ACCESS_KEY_ID: 'id' })
    expect(lineOf(renderReport(report))).toContain(
      "it can't be used: payloads needs AWS_SECRET_ACCESS_KEY, which is not set",
    )
    const none = await check(file('routes: {}\n'), {})
    expect(none.payloads).toBeNull()
    expect(lineOf(renderReport(none))).toContain('none, so a request has at most 1.9 MiB')
  })
})
