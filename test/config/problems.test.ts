// biome-ignore-all lint/suspicious/noTemplateCurlyInString: config files write ${ENV}
import { ConfigError, parseConfig } from '../../src/config'

/** The error's lines, without the file's name. */
function errorsOf(text: string): string[] {
  try {
    parseConfig(text, 'h.yaml')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.split('\n').map((line) => line.replace(/^h\.yaml:/, ''))
  }
  return []
}

const PROVIDERS = 'providers: { a: { api: openai-chat, baseUrl: http://a/v1 } }\n'
/** A route `r` on the lines from 2 on. */
const route = (...lines: string[]) =>
  errorsOf(
    `${PROVIDERS}routes:\n  r:\n    candidates: [a/m]\n${lines.map((line) => `    ${line}`).join('\n')}`,
  )

describe('an error names file, line, column, path, what is wrong and what was probably meant', () => {
  it('for an unknown field', () => {
    expect(route('timouts: { attempt: 1s }')).toEqual([
      '5:5: routes.r.timouts: unknown field; did you mean "timeouts"?',
    ])
  })

  it('for an unknown field deep down, in a list', () => {
    const text = `${PROVIDERS}routes:\n  r:\n    candidates:\n      - a/m\n      - { target: a/n, retry: { maximumAttemps: 1 } }\n`
    expect(errorsOf(text)).toEqual([
      '6:33: routes.r.candidates[1].retry.maximumAttemps: unknown field; did you mean "maximumAttempts"?',
    ])
  })

  it('for a field that is nothing like a known one: it lists them', () => {
    expect(route('circuit: { zzzzz: 1 }')).toEqual([
      '5:16: routes.r.circuit.zzzzz: unknown field; known: consecutive, rate, openFor, maxOpenFor, whenAllOpen',
    ])
  })

  it('for an unknown provider in a candidate', () => {
    const text =
      'providers: { openai: { api: openai-chat, baseUrl: http://a } }\nroutes: { r: { candidates: [opneai/m] } }'
    expect(errorsOf(text)).toEqual([
      '2:29: routes.r.candidates[0]: no provider "opneai"; did you mean "openai"?',
    ])
  })

  it('for a built-in provider that the file has displaced', () => {
    const [line] = errorsOf(`${PROVIDERS}routes: { r: { candidates: [openai/gpt-5] } }`)
    expect(line).toContain(
      'no provider "openai" (the built-in one counts only where the file has no providers',
    )
  })

  it('for an unknown provider in models and in providerOptions', () => {
    expect(errorsOf(`${PROVIDERS}models: { b/m: {} }`)).toEqual([
      '2:11: models["b/m"]: no provider "b"; known: a',
    ])
    expect(route('params: { providerOptions: { b: { x: 1 } } }')).toEqual([
      '5:34: routes.r.params.providerOptions.b: no provider "b"; known: a',
    ])
  })

  it('for a shadow of an unknown provider, without its unit, or that is a candidate of its route', () => {
    expect(route('shadow: { target: b/m }')).toEqual([
      '5:15: routes.r.shadow.target: no provider "b"; known: a',
    ])
    expect(route('shadow: { target: a/n, share: 5 }')).toEqual([
      '5:28: routes.r.shadow.share: a share is written with its sign: "5%"',
    ])
    expect(route('shadow: { target: a/m }')).toEqual([
      '5:15: routes.r.shadow.target: a/m is a candidate of this route',
    ])
    expect(route('shadow: { target: a/n }')).toEqual([])
  })

  it('for a word that is not among the possible ones', () => {
    expect(route('unsupportedParams: dorp')).toEqual([
      '5:5: routes.r.unsupportedParams: write one of: fail, drop; did you mean "drop"?',
    ])
  })

  it('for all that is wrong at once, in the order of the file', () => {
    const lines = route('deadline: 5', 'passes: 0', 'strategie: race')
    expect(lines.map((line) => line.split(': ')[1])).toEqual([
      'routes.r.deadline',
      'routes.r.passes',
      'routes.r.strategie',
    ])
  })

  it('for what is missing, at the block that lacks it', () => {
    expect(errorsOf('providers:\n  a: { api: openai-chat }\n')).toEqual([
      '2:3: providers.a.baseUrl: is missing',
    ])
  })

  it('and names the field for one that other tools have', () => {
    expect(errorsOf('providers:\n  a: { api: openai-chat, baseUrl: http://a, apiKey: x }')[0]).toContain(
      'apiKeyEnv',
    )
  })
})

describe('YAML that can’t be read', () => {
  it.each([
    ['a field twice', 'routes: {}\nproviders: {}\nroutes: {}\n', '3:1: this field stands twice'],
    ['an open list', 'routes: [1\nb: 2\n', '2:1: not valid YAML'],
    ['a tab', 'routes:\n\tr: 1\n', '2:1: a tab'],
    ['two documents', 'routes: {}\n---\nroutes: {}\n', 'a second document'],
    ['an unknown anchor', 'routes: *nowhere\n', 'not valid YAML: Unresolved alias'],
    ['a list instead of fields', '- a\n', '1:1: expected a block of fields, found a list'],
  ])('%s has its line and column in the error', (_, text, expected) =>
    expect(errorsOf(text).join('\n')).toContain(expected),
  )

  it('is not repeated in the error, for it may hold a key', () => {
    expect(errorsOf('a: sk-proj-abcdef123456: b: c\n').join()).not.toContain('abcdef')
  })

  it('with more aliases than any config needs is refused, not unfolded', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[i]}`)}]`),
    ]
    expect(errorsOf(bomb.join('\n'))[0]).toContain('not valid YAML')
  })
})

describe('durations and shares', () => {
  it('without a unit are an error that says what to write', () => {
    expect(route('deadline: 10')).toEqual([
      '5:5: routes.r.deadline: a duration has a unit: write "10s" or "10ms" (ms, s, m, h, d)',
    ])
    expect(route('strategy: { hedge: { after: 1s, budget: 10 } }')).toEqual([
      '5:37: routes.r.strategy.hedge.budget: a share is written with its sign: "10%"',
    ])
  })

  it.each([
    ['deadline: 0s', 'deadline: must be more than 0'],
    ['deadline: 1hour', 'not a duration'],
    ['deadline: 10', 'has a unit'],
    ['timeouts: { attempt: 25h }', 'must be at most 24h'],
    ['timeouts: { workerLost: 500ms }', 'must be at least 1s'],
    ['timeouts: { firstToken: 31s, attempt: 30s }', 'firstToken (31s) is longer than attempt (30s)'],
    ['timeouts: { idle: 31s, attempt: 30s }', 'idle (31s) is longer than attempt (30s)'],
    ['timeouts: { connect: 31s, attempt: 30s }', 'connect (31s) is longer than attempt (30s)'],
    [
      'retry: { initialInterval: 2s, maximumInterval: 1s }',
      'initialInterval (2s) is longer than maximumInterval (1s)',
    ],
    ['retry: { maximumAttempts: 21 }', 'must be at most 20'],
    ['retry: { maximumAttempts: 0 }', 'must be at least 1'],
    ['retry: { backoffCoefficient: 0.5 }', 'must be at least 1'],
    ['retry: { jitter: lots }', 'write full, none, or a duration'],
    ['circuit: { openFor: 2m, maxOpenFor: 1m }', 'openFor (2m) is longer than maxOpenFor (1m)'],
    ['circuit: { rate: { threshold: 0% } }', 'must be more than 0%'],
    ['deadline: 2h\n    maxDeadline: 1h', 'deadline (2h) is longer than maxDeadline (1h)'],
    ['strategy: hedge', 'write sequence, race, or { hedge: { after: 800ms } }'],
    ['strategy: { hedge: {} }', 'hedge.after: is missing'],
    ['cache: true', 'write false, or a block'],
    ['circuit: true', 'write false, or a block such as { consecutive: 5 }'],
    ['passes: 1.5', 'expected a whole number'],
    ['params: { maxTokens: many }', 'expected a number, found text'],
  ])('%s: %s', (line, expected) => expect(route(line).join('\n')).toContain(expected))
})

describe('candidates', () => {
  it.each([
    ['candidates: []', 'name at least one candidate'],
    ['candidates: [a/m, a/n, a/m]', 'candidates[2]: stands in the list twice'],
    ['candidates: [gpt-5]', 'write provider/model'],
    ['candidates: [{ target: gpt-5 }]', 'not a target: write provider/model'],
    ['candidates: [{ params: {} }]', 'target: is missing'],
    [
      'candidates: [{ target: a/m, background: true }]',
      'background: openai-chat has no background mode: only openai-responses does',
    ],
    ['candidates: a/m', 'expected a list, found text'],
    ['deadline: 1m', 'has no candidates'],
  ])('%s: %s', (line, expected) => {
    expect(errorsOf(`${PROVIDERS}routes:\n  r:\n    ${line}\n`).join('\n')).toContain(expected)
  })
})

describe('a clash between layers', () => {
  it('of defaults and route is reported at the route', () => {
    const text = `${PROVIDERS}defaults: { timeouts: { firstToken: 20s } }\nroutes:\n  r: { candidates: [a/m], timeouts: { attempt: 10s } }\n`
    expect(errorsOf(text)).toEqual([
      '4:27: routes.r.timeouts.firstToken: firstToken (20s) is longer than attempt (10s)',
    ])
  })

  it('of route and candidate is reported at the candidate', () => {
    const text = `${PROVIDERS}routes:\n  r:\n    timeouts: { firstToken: 20s }\n    candidates:\n      - { target: a/m, timeouts: { attempt: 10s } }\n`
    expect(errorsOf(text)).toEqual([
      '6:24: routes.r.candidates[0].timeouts.firstToken: firstToken (20s) is longer than attempt (10s)',
    ])
  })

  it('within defaults is reported once, there', () => {
    const text = `${PROVIDERS}defaults: { circuit: { openFor: 2m, maxOpenFor: 1m } }\nroutes: { r: { candidates: [a/m] }, s: { candidates: [a/m] } }\n`
    expect(errorsOf(text)).toHaveLength(1)
  })
})

describe('providers', () => {
  const provider = (fields: string) =>
    errorsOf(`providers:\n  a: { api: openai-chat, ${fields} }\n`).join('\n')

  it.each([
    ['baseUrl: api.openai.com', 'not a URL'],
    ['baseUrl: ftp://a/v1', 'must begin with http'],
    ['baseUrl: "https://a/v1?x=1"', 'put query parameters under query'],
    ['baseUrl: "https://${A-B}/v1"', 'only ${NAME} is read'],
    ['baseUrl: http://a, auth: header', 'write bearer, none, sigv4 or header:<name>'],
    ['baseUrl: http://a, auth: "header:a b"', 'write bearer, none, sigv4 or header:<name>'],
    ['baseUrl: http://a, auth: bearer', 'bearer needs a key'],
    ['baseUrl: http://a, auth: none, apiKeyEnv: K', 'none goes without a key'],
    ['baseUrl: http://a, auth: sigv4, region: eu-west-1, apiKeyEnv: K', 'sigv4 goes without a key'],
    ['baseUrl: http://a, auth: sigv4', 'the host does not name the region that is signed for'],
    ['baseUrl: http://a, auth: sigv4, region: "EU West"', 'not a region: write it like us-east-1'],
    ['baseUrl: http://a, region: eu-west-1', 'only requests that are signed (sigv4) have one'],
    [
      'baseUrl: http://a, apiKeyEnv: K, credentialsEnv: { accessKeyId: I, secretAccessKey: S }',
      'only requests that are signed (sigv4) have one',
    ],
    [
      'baseUrl: http://a, auth: sigv4, region: eu-west-1, credentialsEnv: { accessKeyId: AKIAIOSFODNN7EXAMPLE, secretAccessKey: S }',
      'looks like a key',
    ],
    ['baseUrl: http://a, apiKeyEnv: K, apiKeysEnv: [L]', 'either apiKeyEnv or apiKeysEnv'],
    ['baseUrl: http://a, apiKeysEnv: [K, K]', 'names a variable twice'],
    ['baseUrl: http://a, apiKeyEnv: MY-KEY', 'not the name of an environment variable'],
    ['baseUrl: http://a, headers: { "a b": c }', 'not a header name'],
    ['baseUrl: http://a, headers: { x-version: 2 }', 'put it in quotes: "2"'],
  ])('%s: %s', (fields, expected) => expect(provider(fields)).toContain(expected))

  it.each([
    'baseUrl: http://a',
    'baseUrl: "https://${HOST}/v1"',
    'baseUrl: "${WHOLE_URL}"',
    'baseUrl: https://api.cloudflare.com/client/v4/accounts/0123456789abcdef0123456789abcdef/ai/v1',
    'baseUrl: https://hf-inference-proxy.example.com',
    'baseUrl: http://a, apiKeyEnv: MY_COMPANY_OPENAI_PRODUCTION_API_KEY_2',
    'baseUrl: http://a, headers: { authorization: "Bearer ${TOKEN}", x-team: search }',
    'baseUrl: http://a, query: { api-version: 2024-10-21 }',
  ])('%s is accepted', (fields) => expect(provider(fields)).toBe(''))

  it.each(['a/b', '-a', '""'])('named %s are refused', (name) => {
    expect(errorsOf(`providers:\n  ${name}: { api: openai-chat, baseUrl: http://a }\n`).join()).not.toBe('')
  })
})

describe('a secret in the file is refused, and no error repeats it', () => {
  const SECRET = 'sk-proj-abcdef1234567890'
  it.each([
    ['as a header', `headers: { x-thing: ${SECRET} }`],
    ['in authorization, whatever its shape', 'headers: { authorization: Bearer hunter2 }'],
    ['as api-key, whatever its shape', 'headers: { api-key: hunter2 }'],
    ['as a query parameter', `query: { key: ${SECRET} }`],
    ['where the variable’s name should stand', `apiKeyEnv: ${SECRET}`],
    ['as a hex key where the variable’s name should stand', 'apiKeyEnv: deadbeef0123456789deadbeef01234567'],
    ['under a field of its own', `apiKey: ${SECRET}`],
    ['as the name of a field', `${SECRET}: 1`],
    ['as a word', `auth: ${SECRET}`],
  ])('%s', (_, field) => {
    const lines = errorsOf(`providers:\n  a: { api: openai-chat, baseUrl: http://a, ${field} }\n`).join('\n')
    expect(lines).not.toBe('')
    expect(lines).not.toMatch(/abcdef|hunter2|deadbeef/)
  })

  it('in the base URL', () => {
    for (const url of [`https://a/${SECRET}/v1`, 'https://user:hunter2@a/v1']) {
      const lines = errorsOf(`providers: { a: { api: openai-chat, baseUrl: "${url}" } }`).join('\n')
      expect(lines).toMatch(/looks like a secret|holds a user or password/)
      expect(lines).not.toMatch(/abcdef|hunter2/)
    }
  })

  it('in a candidate’s headers', () => {
    const lines = errorsOf(
      `${PROVIDERS}routes: { r: { candidates: [{ target: a/m, headers: { x-key: ${SECRET} } }] } }`,
    )
    expect(lines.join()).toContain('candidates[0].headers.x-key: looks like a secret')
    expect(lines.join()).not.toContain('abcdef')
  })
})
