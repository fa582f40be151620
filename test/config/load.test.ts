import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, loadConfig, parseConfig, resolveRoute, targetRoute } from '../../src/config'
import * as defaults from '../../src/config/defaults'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-config-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFileSync(join(directory, name), text)
const load = (file?: string, env = {}) => loadConfig({ file, env, cwd: directory })
const YAML =
  'providers: { a: { api: openai-chat, baseUrl: http://a/v1/ } }\nroutes: { r: { candidates: [a/m] } }\n'
const OBJECT = `{ providers: { a: { api: 'openai-chat', baseUrl: 'http://a/v1' } }, routes: { r: { candidates: ['a/m'] } } }`

describe('loadConfig', () => {
  it('without a file gives the built-in defaults: four providers and a default route over three of them', async () => {
    const config = await load()
    expect(config.file).toBeNull()
    expect(Object.keys(config.providers)).toEqual(['openai', 'anthropic', 'together', 'google'])
    expect(config.routes.default?.candidates.map(({ provider }) => provider)).toEqual([
      'openai',
      'anthropic',
      'together',
    ])
    expect(config.routes.default?.candidates.every(({ facts }) => facts.contextTokens !== undefined)).toBe(
      true,
    )
  })

  it('an empty file means the defaults too, and knows its name', async () => {
    write('holdfast.yaml', '# nothing\n')
    const config = await load()
    expect([config.file, Object.keys(config.routes)]).toEqual(['holdfast.yaml', ['default']])
  })

  it('reads holdfast.yaml in the working directory', async () => {
    write('holdfast.yaml', YAML)
    expect(Object.keys((await load()).routes)).toEqual(['r'])
  })

  it('a file that is named but missing is an error, holdfast.yaml included', async () => {
    await expect(load('other.yaml')).rejects.toThrow('other.yaml: no such file')
    await expect(load('holdfast.yaml')).rejects.toThrow(ConfigError)
    await expect(load('other.config.ts')).rejects.toThrow('no such file')
  })

  it('a directory instead of a file is an error', async () => {
    await expect(load('.')).rejects.toThrow('could not be read (EISDIR)')
  })

  it('HOLDFAST_CONFIG names the file where no other does', async () => {
    write('a.yaml', YAML)
    write('b.yaml', YAML.replace('r:', 's:'))
    expect((await load(undefined, { HOLDFAST_CONFIG: 'a.yaml' })).file).toBe('a.yaml')
    expect((await load('b.yaml', { HOLDFAST_CONFIG: 'a.yaml' })).file).toBe('b.yaml')
  })

  it('reads JSON, with places in its errors', async () => {
    write('c.json', '{\n  "routs": {}\n}')
    await expect(load('c.json')).rejects.toThrow('c.json:2:3: routs: unknown field; did you mean "routes"?')
  })

  it.each([
    ['c.ts', `const x: object = ${OBJECT}\nexport default x`],
    ['c.mjs', `export default ${OBJECT}`],
    ['c.cjs', `module.exports = ${OBJECT}`],
    ['c.js', `module.exports = ${OBJECT}`],
  ])('reads a program: %s', async (name, text) => {
    write(name, text)
    expect(Object.keys((await load(name)).routes)).toEqual(['r'])
  })

  it('of a map as a key, which a template has left, no text goes to standard error', () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation()
    expect(() => parseConfig('providers: { a: { apiKey: {{ sk-secret }} } }')).toThrow(ConfigError)
    expect(warned).not.toHaveBeenCalled()
    warned.mockRestore()
  })

  it('names path instead of line for a program, and why one can’t be loaded', async () => {
    write('c.ts', `export default ${OBJECT.replace('candidates', 'candidate')}`)
    await expect(load('c.ts')).rejects.toThrow(
      'c.ts: routes.r.candidate: unknown field; did you mean "candidates"?',
    )
    write('d.ts', 'export default 1')
    await expect(load('d.ts')).rejects.toThrow('d.ts: has no config')
    write('e.ts', 'throw new Error("no luck with sk-abcdefgh123")')
    await expect(load('e.ts')).rejects.toThrow('e.ts: could not be loaded: no luck with ***')
  })
})

describe('a resolved route', () => {
  const config = (text: string) => parseConfig(`${YAML.split('\n')[0]}\n${text}`)

  it('has every default', () => {
    const route = config('routes: { r: { candidates: [a/org/m] } }').routes.r
    const candidate = {
      target: 'a/org/m',
      provider: 'a',
      model: 'org/m',
      params: {},
      headers: {},
      timeouts: defaults.DEFAULT_TIMEOUTS,
      retry: defaults.DEFAULT_RETRY,
      facts: {},
    }
    expect(route).toEqual({
      name: 'r',
      candidates: [candidate],
      strategy: { type: 'sequence' },
      deadlineMs: defaults.DEFAULT_DEADLINE_MS,
      maxDeadlineMs: defaults.DEFAULT_MAX_DEADLINE_MS,
      passes: defaults.DEFAULT_PASSES,
      circuit: { consecutive: 5, ...defaults.DEFAULT_CIRCUIT },
      cache: null,
      fallbackOnRefusal: false,
      unsupportedParams: 'fail',
      upstream: 'as-caller',
    })
  })

  it('is plain JSON: it goes into a workflow’s input', () => {
    const route = config('routes: { r: { candidates: [a/m], circuit: { rate: {} }, cache: {} } }').routes.r
    expect(JSON.parse(JSON.stringify(route))).toEqual(route)
  })

  it('inherits built-in values, then defaults, then its own, then the candidate’s', () => {
    const { candidates } = config(`
defaults: { timeouts: { attempt: 60s, idle: 9s }, params: { temperature: 0, stop: [a, b] }, retry: { maxWait: 1s } }
routes:
  r:
    timeouts: { idle: 8s }
    params: { stop: [c] }
    candidates: [{ target: a/m, timeouts: { idle: 7s }, params: { maxTokens: 5 }, retry: { jitter: 100ms } }, a/n]
`).routes.r ?? { candidates: [] }
    expect(candidates.map(({ timeouts }) => timeouts)).toEqual([
      { ...defaults.DEFAULT_TIMEOUTS, attemptMs: 60_000, idleMs: 7_000 },
      { ...defaults.DEFAULT_TIMEOUTS, attemptMs: 60_000, idleMs: 8_000 },
    ])
    expect(candidates.map(({ params }) => params)).toEqual([
      { temperature: 0, stop: ['c'], maxTokens: 5 },
      { temperature: 0, stop: ['c'] },
    ])
    expect(candidates.map(({ retry }) => [retry.maxWaitMs, retry.jitter])).toEqual([
      [1_000, 100],
      [1_000, 'full'],
    ])
  })

  it('takes its candidates from defaults where it names none', () => {
    expect(config('defaults: { candidates: [a/m] }\nroutes: { r: {} }').routes.r?.candidates).toHaveLength(1)
  })

  it('is cached only with `cache`, and `cache: false` turns off what it inherits', () => {
    const { routes } = config(
      'defaults: { candidates: [a/m], cache: { ttl: 5m } }\nroutes: { on: {}, more: { cache: { coalesce: true } }, off: { cache: false } }',
    )
    expect(routes.on?.cache).toEqual({ ...defaults.DEFAULT_CACHE, ttlMs: 300_000 })
    expect(routes.more?.cache).toEqual({ ...defaults.DEFAULT_CACHE, ttlMs: 300_000, coalesce: true })
    expect(routes.off?.cache).toBeNull()
  })

  it.each([
    ['sequence', { type: 'sequence' }],
    ['race', { type: 'race' }],
    ['{ hedge: { after: 800ms } }', { type: 'hedge', afterMs: 800, max: 1, budget: 0.1 }],
    [
      '{ hedge: { after: 1s, max: 2, budget: 25% } }',
      { type: 'hedge', afterMs: 1_000, max: 2, budget: 0.25 },
    ],
  ])('strategy %s', (text, strategy) => {
    expect(config(`routes: { r: { candidates: [a/m], strategy: ${text} } }`).routes.r?.strategy).toEqual(
      strategy,
    )
  })

  it.each([
    ['{}', { consecutive: 5 }],
    ['{ rate: {} }', { rate: { threshold: 0.5, windowMs: 30_000, minimumCalls: 20 } }],
    [
      '{ consecutive: 3, rate: { window: 1m } }',
      { consecutive: 3, rate: { threshold: 0.5, windowMs: 60_000, minimumCalls: 20 } },
    ],
  ])('circuit %s: rate alone switches the count in a row off', (text, circuit) => {
    expect(config(`routes: { r: { candidates: [a/m], circuit: ${text} } }`).routes.r?.circuit).toEqual({
      ...defaults.DEFAULT_CIRCUIT,
      ...circuit,
    })
  })

  it('has circuits unless `circuit: false`, whatever it inherits', () => {
    const { routes } = config(`
defaults: { candidates: [a/m], circuit: { consecutive: 3, openFor: 5s } }
routes: { on: {}, more: { circuit: { whenAllOpen: wait } }, off: { circuit: false } }
`)
    const inherited = { ...defaults.DEFAULT_CIRCUIT, consecutive: 3, openForMs: 5_000 }
    expect(routes.on?.circuit).toEqual(inherited)
    expect(routes.more?.circuit).toEqual({ ...inherited, whenAllOpen: 'wait' })
    expect(routes.off?.circuit).toBeNull()
  })

  it('has circuits where it asks for them, though the defaults say no', () => {
    const { routes } = config(
      'defaults: { candidates: [a/m], circuit: false }\nroutes: { off: {}, on: { circuit: {} }, own: { circuit: { consecutive: 3 } } }',
    )
    expect(routes.off?.circuit).toBeNull()
    expect(routes.on?.circuit).toEqual({ consecutive: 5, ...defaults.DEFAULT_CIRCUIT })
    expect(routes.own?.circuit).toEqual({ ...defaults.DEFAULT_CIRCUIT, consecutive: 3 })
  })

  it('a default gives way to a value that it would contradict', () => {
    const { routes } = config(`routes:
  short: { candidates: [a/m], timeouts: { attempt: 3s } }
  slow: { candidates: [a/m], timeouts: { firstToken: 5m } }
  long: { candidates: [a/m], deadline: 48h, circuit: { openFor: 1h }, retry: { initialInterval: 30s } }
  brief: { candidates: [a/m], maxDeadline: 1m, circuit: { maxOpenFor: 10s }, retry: { maximumInterval: 100ms } }
`)
    expect(routes.short?.candidates[0]?.timeouts).toMatchObject({
      connectMs: 3_000,
      firstTokenMs: 3_000,
      idleMs: 3_000,
    })
    expect(routes.slow?.candidates[0]?.timeouts.attemptMs).toBe(300_000)
    expect(routes.long).toMatchObject({ maxDeadlineMs: 48 * 3_600_000, circuit: { maxOpenForMs: 3_600_000 } })
    expect(routes.long?.candidates[0]?.retry.maximumIntervalMs).toBe(30_000)
    expect(routes.brief).toMatchObject({ deadlineMs: 60_000, circuit: { openForMs: 10_000 } })
    expect(routes.brief?.candidates[0]?.retry.initialIntervalMs).toBe(100)
  })

  it('has the shipped facts of its model under the file’s own', () => {
    const { routes } = parseConfig(
      'models: { openai/gpt-5: { outputPerMillion: 9 } }\nroutes: { r: { candidates: [openai/gpt-5] } }',
    )
    expect(routes.r?.candidates[0]?.facts).toMatchObject({ contextTokens: 400_000, outputPerMillion: 9 })
  })

  it('may be written with YAML anchors and merges', () => {
    const { routes } = config(
      'routes:\n  r: &base { candidates: [a/m], deadline: 7s }\n  s: { <<: *base, passes: 2 }\n',
    )
    expect(routes.s).toMatchObject({ deadlineMs: 7_000, passes: 2 })
  })
})

describe('a resolved provider', () => {
  const provider = (fields: string) =>
    parseConfig(`providers: { a: { baseUrl: 'http://a/v1//', ${fields} } }`).providers.a

  it.each([
    ['api: openai-chat, apiKeyEnv: K', { type: 'bearer' }, ['K']],
    ['api: openai-completions, apiKeysEnv: [K, L]', { type: 'bearer' }, ['K', 'L']],
    ['api: anthropic-messages, apiKeyEnv: K', { type: 'header', name: 'x-api-key' }, ['K']],
    ['api: gemini, apiKeyEnv: K', { type: 'header', name: 'x-goog-api-key' }, ['K']],
    ['api: anthropic-messages, apiKeyEnv: K, auth: bearer', { type: 'bearer' }, ['K']],
    ['api: openai-chat, apiKeyEnv: K, auth: header:Api-Key', { type: 'header', name: 'api-key' }, ['K']],
    ['api: openai-chat', { type: 'none' }, []],
    ['api: anthropic-messages', { type: 'none' }, []],
    ['api: bedrock, apiKeyEnv: K', { type: 'bearer' }, ['K']],
    ['api: bedrock, auth: none', { type: 'none' }, []],
    [
      'api: bedrock, region: eu-west-1',
      {
        type: 'sigv4',
        region: 'eu-west-1',
        accessKeyIdEnv: 'AWS_ACCESS_KEY_ID',
        secretAccessKeyEnv: 'AWS_SECRET_ACCESS_KEY',
        sessionTokenEnv: 'AWS_SESSION_TOKEN',
      },
      [],
    ],
    [
      'api: openai-chat, auth: sigv4, region: eu-west-1, credentialsEnv: { accessKeyId: I, secretAccessKey: S }',
      {
        type: 'sigv4',
        region: 'eu-west-1',
        accessKeyIdEnv: 'I',
        secretAccessKeyEnv: 'S',
        sessionTokenEnv: null,
      },
      [],
    ],
  ])('%s', (fields, auth, apiKeysEnv) =>
    expect(provider(fields)).toMatchObject({ auth, apiKeysEnv, baseUrl: 'http://a/v1' }),
  )
})

describe('the region that is signed for', () => {
  it.each([
    ['https://bedrock-runtime.us-east-1.amazonaws.com', 'us-east-1'],
    ['https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['https://bedrock-runtime.eu-central-1.api.aws', 'eu-central-1'],
    ['https://bedrock-runtime.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['https://vpce-1-a.bedrock-runtime.us-east-1.vpce.amazonaws.com', 'us-east-1'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: config files write ${ENV}
    ['https://bedrock-runtime.${AWS_REGION}.amazonaws.com', '${AWS_REGION}'],
  ])('of %s is %s', (baseUrl, region) => {
    const { providers } = parseConfig(`providers: { a: { api: bedrock, baseUrl: '${baseUrl}' } }`)
    expect(providers.a?.auth).toMatchObject({ type: 'sigv4', region })
  })
})

describe('the wire format of a model', () => {
  const file = `
providers:
  openai: { api: openai-responses, baseUrl: http://o/v1 }
  other: { api: openai-chat, baseUrl: http://other/v1 }
models:
  openai/gpt-old: { api: openai-chat, prefill: true }
  other/family/new: { api: openai-responses }
routes: { r: { candidates: [openai/gpt-old] } }
`
  it('is its provider’s, or its own, which stands with the provider and not among the facts of a run', () => {
    const { providers, routes } = parseConfig(file)
    expect(providers.openai).toMatchObject({
      api: 'openai-responses',
      apis: { 'gpt-old': 'openai-chat', 'gpt-audio': 'openai-chat' },
    })
    expect(providers.other).toMatchObject({ api: 'openai-chat', apis: { 'family/new': 'openai-responses' } })
    expect(routes.r?.candidates[0]?.facts).toEqual({ prefill: true })
  })
  it('is the Responses API for the built-in openai, but for models that only chat', () => {
    const { openai } = parseConfig('').providers
    expect(openai?.api).toBe('openai-responses')
    expect(openai?.apis['gpt-6.1-sol']).toBeUndefined()
    expect(openai?.apis['gpt-audio']).toBe('openai-chat')
  })
})

describe('what a caller names', () => {
  const config = parseConfig(
    `${YAML}defaults: { timeouts: { attempt: 7s }, params: { seed: 1 }, passes: 2, retryBudget: 20% }\nmodels: { a/m: { prefill: true } }\n`,
  )

  it('is a route', () => {
    expect(resolveRoute(config, 'r')).toMatchObject({ ok: true, route: { name: 'r' } })
  })

  it('or a target: a route of that one candidate, under the defaults', () => {
    expect(resolveRoute(config, 'a/m')).toMatchObject({
      ok: true,
      route: {
        name: 'a/m',
        passes: 2,
        candidates: [
          {
            target: 'a/m',
            params: { seed: 1 },
            timeouts: { attemptMs: 7_000 },
            retry: { budget: 0.2 },
            facts: { prefill: true },
          },
        ],
      },
    })
    expect(targetRoute(config, 'a/any/model:tag')).toMatchObject({
      ok: true,
      route: { candidates: [{ provider: 'a', model: 'any/model:tag', facts: {} }] },
    })
  })

  it('and else an error with the name that was meant', async () => {
    const builtIn = await load()
    expect(resolveRoute(builtIn, 'Defualt')).toMatchObject({ ok: false, nearest: 'default' })
    expect(resolveRoute(builtIn, 'antropic/x')).toMatchObject({ ok: false, nearest: 'anthropic' })
  })

  it.each([
    ['Report', 'no route "Report"; routes: r;', null],
    ['zzz', 'no route "zzz"; routes: r; or name a target as provider/model', null],
    ['b/m', 'no provider "b"; providers: a', null],
    ['a/', '"a/" is not a target', null],
    ['a/m n', 'is not a target', null],
    ['/m', 'is not a target', null],
    ['constructor', 'no route "constructor"', null],
    ['__proto__/x', 'no provider "__proto__"', null],
  ])('or the names that there are: %s', (name, message, nearest) => {
    const result = resolveRoute(config, name)
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining(message) })
    expect(result).toMatchObject({ nearest })
  })
})
