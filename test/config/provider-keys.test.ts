// biome-ignore-all lint/suspicious/noTemplateCurlyInString: config files write ${ENV}
import {
  demoConfig,
  expandEnv,
  keyStates,
  parseConfig,
  resolveProvider,
  unusableProviders,
} from '../../src/config'

const config = parseConfig(`
providers:
  plain: { api: openai-chat, baseUrl: http://plain/v1 }
  one: { api: openai-chat, baseUrl: https://one/v1, apiKeyEnv: ONE_KEY }
  many: { api: openai-chat, baseUrl: https://many/v1, apiKeysEnv: [MANY_A, MANY_B] }
  azure:
    api: openai-chat
    baseUrl: https://\${RESOURCE}.example.com/v1
    auth: header:api-key
    apiKeyEnv: AZURE_KEY
    headers: { x-tag: 'team-\${TEAM}' }
    query: { api-version: '\${VERSION}' }
  url: { api: openai-chat, baseUrl: '\${WHOLE_URL}' }
  aws: { api: bedrock, baseUrl: 'https://bedrock-runtime.\${AWS_REGION}.amazonaws.com' }
routes:
  r: { candidates: [{ target: one/m, headers: { x-tenant: '\${TENANT}' } }, azure/m] }
`)
const SECRET = 'sk-secret-0123456789'
const FULL = {
  ONE_KEY: SECRET,
  MANY_A: 'first',
  MANY_B: 'second',
  RESOURCE: 'res',
  AZURE_KEY: 'third',
  TEAM: 'search',
  VERSION: '2024-10-21',
  WHOLE_URL: 'http://whole/v1/',
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKID',
  AWS_SECRET_ACCESS_KEY: 'fourth',
}
const provider = (name: string) => {
  const found = config.providers[name]
  if (found === undefined) throw new Error(`no provider ${name}`)
  return found
}

describe('expandEnv', () => {
  it('fills in every ${NAME}', () => {
    expect(expandEnv('a-${B}-${C}${B}', { B: '1', C: '2' })).toEqual({ ok: true, text: 'a-1-21' })
  })

  it('doesn’t read a value again: it may hold anything', () => {
    expect(expandEnv('${A}', { A: '${B} $& $1', B: 'x' })).toEqual({ ok: true, text: '${B} $& $1' })
  })

  it('names every variable that is unset or empty, once', () => {
    expect(expandEnv('${A}${B}${A}', { B: ' ' })).toEqual({ ok: false, missing: ['A', 'B'] })
  })
})

describe('resolveProvider', () => {
  it('fills in URL, headers, query and keys from the environment', () => {
    expect(resolveProvider(provider('azure'), FULL)).toEqual({
      ok: true,
      baseUrl: 'https://res.example.com/v1',
      auth: { type: 'header', name: 'api-key' },
      headers: { 'x-tag': 'team-search' },
      query: { 'api-version': '2024-10-21' },
      keys: [{ name: 'AZURE_KEY', value: 'third' }],
    })
    expect(resolveProvider(provider('url'), FULL)).toMatchObject({
      ok: true,
      baseUrl: 'http://whole/v1',
      keys: [],
    })
  })

  it('fills in the region that is signed for, and the credentials with their session token where there is one', () => {
    const aws = provider('aws')
    expect(resolveProvider(aws, FULL)).toMatchObject({
      baseUrl: 'https://bedrock-runtime.eu-west-1.amazonaws.com',
      auth: { type: 'sigv4', region: 'eu-west-1' },
      keys: [
        { name: 'AWS_ACCESS_KEY_ID', value: 'fourth', aws: { accessKeyId: 'AKID', sessionToken: null } },
      ],
    })
    expect(resolveProvider(aws, { ...FULL, AWS_SESSION_TOKEN: 'fifth' })).toMatchObject({
      keys: [{ aws: { sessionToken: 'fifth' } }],
    })
  })

  it('needs nothing where nothing is named', () => {
    expect(resolveProvider(provider('plain'), {})).toMatchObject({ ok: true, keys: [] })
  })

  it('of several keys takes those that are set, with their names', () => {
    expect(resolveProvider(provider('many'), { MANY_B: 'second\n' })).toMatchObject({
      ok: true,
      keys: [{ name: 'MANY_B', value: 'second' }],
    })
  })

  it.each([
    ['one', {}, ['ONE_KEY'], 'set ONE_KEY'],
    ['one', { ONE_KEY: ' ' }, ['ONE_KEY'], 'set ONE_KEY'],
    ['many', {}, ['MANY_A', 'MANY_B'], 'set one of MANY_A, MANY_B'],
    [
      'aws',
      { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKID' },
      ['AWS_SECRET_ACCESS_KEY'],
      'set AWS_SECRET_ACCESS_KEY',
    ],
    [
      'aws',
      {},
      ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'],
      'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY and AWS_REGION',
    ],
    ['azure', { AZURE_KEY: 'x' }, ['RESOURCE', 'TEAM', 'VERSION'], 'set RESOURCE and TEAM and VERSION'],
    [
      'azure',
      {},
      ['AZURE_KEY', 'RESOURCE', 'TEAM', 'VERSION'],
      'set AZURE_KEY and RESOURCE and TEAM and VERSION',
    ],
  ])('%s with %j names what is missing', (name, env, missing, reason) => {
    expect(resolveProvider(provider(name), env)).toEqual({ ok: false, missing, reason })
  })

  it('reports an invalid filled-in URL without repeating it', () => {
    const result = resolveProvider(provider('url'), { WHOLE_URL: SECRET })
    expect(result).toMatchObject({ ok: false, missing: [], reason: expect.stringContaining('WHOLE_URL') })
    expect(JSON.stringify(result)).not.toContain('secret')
  })
})

describe('unusableProviders and keyStates', () => {
  it('name providers, reasons and variables, never a value', () => {
    const env = { ...FULL, AZURE_KEY: '' }
    expect(unusableProviders(config, env)).toEqual([
      { provider: 'azure', reason: 'set AZURE_KEY', missing: ['AZURE_KEY'] },
    ])
    const states = keyStates(config, env)
    expect(states.filter(({ set }) => !set)).toEqual([
      { provider: 'one', variable: 'TENANT', set: false },
      { provider: 'azure', variable: 'AZURE_KEY', set: false },
    ])
    expect(states).toHaveLength(12)
    expect(JSON.stringify([states, config])).not.toMatch(/sk-secret|fourth/)
  })
})

describe('demoConfig', () => {
  const demo = demoConfig(config, 'http://127.0.0.1:4500/')

  it('puts the simulator in every provider’s place', () => {
    expect(Object.values(demo.providers).map(({ baseUrl }) => baseUrl)).toEqual(
      ['plain', 'one', 'many', 'azure', 'url', 'aws'].map((name) => `http://127.0.0.1:4500/${name}/v1`),
    )
  })

  it('needs nothing from the environment, and keeps nothing of the real providers', () => {
    expect(unusableProviders(demo, {})).toEqual([])
    expect(keyStates(demo, FULL)).toEqual([])
    expect(Object.values(demo.providers).every(({ auth }) => auth.type === 'none')).toBe(true)
  })

  it('keeps its answers in memory: they have the keys of real ones', () => {
    expect(config.cache.store).toBe('disk')
    expect(demo.cache.store).toBe('memory')
  })

  it('keeps routes and models, and leaves the config as it was', () => {
    expect(demo.routes.r?.candidates.map(({ target }) => target)).toEqual(['one/m', 'azure/m'])
    expect(config.providers.one?.baseUrl).toBe('https://one/v1')
  })
})
