import { ConfigError, parseConfig } from '../../src/config'

const PROVIDERS = `
providers:
  openai: { api: openai-responses, baseUrl: http://o/v1 }
  azure: { api: openai-chat, baseUrl: http://z/v1 }
  anthropic: { api: anthropic-messages, baseUrl: http://a/v1 }
`
const SMALL = 'text-embedding-3-small'
const route = (text: string, more = ''): string =>
  `${PROVIDERS}${more}\nroutes:\n  search: { kind: embeddings, ${text} }`

function errorOf(text: string): string {
  try {
    parseConfig(text, 'h.yaml')
    return ''
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message
  }
}

describe('EMBEDDING-RULES-1 the candidates of a route that makes vectors are one model', () => {
  it('by its name, whoever provides it', () => {
    const { routes } = parseConfig(route(`candidates: [openai/${SMALL}, azure/${SMALL}]`))
    expect(routes.search?.kind).toBe('embeddings')
    expect(routes.search?.candidates[0]?.facts).toMatchObject({ dimensions: 1_536 })
  })

  it('by what the file says of a name of its own', () => {
    const models = `models: { azure/search-eu: { sharesModel: ${SMALL} } }`
    expect(errorOf(route(`candidates: [openai/${SMALL}, azure/search-eu]`, models))).toBe('')
    expect(errorOf(route(`candidates: [azure/search-eu, openai/${SMALL}]`, models))).toBe('')
  })

  it.each([
    [`openai/${SMALL}, azure/text-embedding-3-large`, `azure/text-embedding-3-large is another model`],
    [`openai/${SMALL}, azure/search-eu`, `write sharesModel: ${SMALL} for azure/search-eu under models`],
    [`openai/${SMALL}, { target: azure/search-eu }`, 'search.candidates[1]'],
  ])('else the file is refused: %s', (candidates, message) => {
    expect(errorOf(route(`candidates: [${candidates}]`))).toContain(message)
  })

  it('also where the file says that a well-known name stands for another model', () => {
    const models = `models: { azure/${SMALL}: { sharesModel: text-embedding-3-large } }`
    expect(errorOf(route(`candidates: [openai/${SMALL}, azure/${SMALL}]`, models))).toContain('another model')
  })
})

it('what means nothing for vectors is refused where a route writes it, and passed over where it inherits it', () => {
  const candidates = `candidates: [openai/${SMALL}]`
  expect(errorOf(route(`${candidates}, params: { temperature: 0 }`))).toContain('params.temperature')
  expect(errorOf(route(`${candidates}, shadow: { target: azure/x }`))).toContain('search.shadow')
  const inherited = 'defaults: { params: { maxTokens: 5 }, shadow: { target: azure/x } }'
  expect(errorOf(route(candidates, inherited))).toBe('')
  expect(errorOf(route(`${candidates}, params: { providerOptions: { openai: { a: 1 } } }`))).toBe('')
})

it('a route of words may have candidates of any models', () => {
  expect(errorOf(`${PROVIDERS}routes: { r: { candidates: [openai/a, anthropic/b] } }`)).toBe('')
})
