/** What of the process block has rules of its own: the Nexus endpoints. */
import { parseConfig } from '../../src/config'

const withNexus = (nexus: string) =>
  parseConfig(`
providers: { a: { api: openai-chat, baseUrl: http://a } }
nexus: ${nexus}
`).nexus

describe('nexus', () => {
  it('absent, workers serve nobody', () => {
    expect(parseConfig('').nexus).toBeNull()
  })

  it('endpoints have the tenants that they name, or nobody', () => {
    expect(withNexus('{ endpoints: { one: {}, two-2: { tenant: acme } } }')).toEqual({
      endpoints: { one: { tenant: null }, 'two-2': { tenant: 'acme' } },
    })
  })

  it.each([
    ['{}', /nexus.endpoints/],
    ['{ endpoints: {} }', /name one endpoint at least/],
    ['{ endpoints: { a_b: {} } }', /not the name of a Nexus endpoint/],
    ['{ endpoints: { one: { tenant: "" } } }', /nexus.endpoints.one.tenant/],
    ['{ endpoints: { one: { tenants: [a] } } }', /tenant/],
    ['{ endpoints: { one } }', /nexus.endpoints.one/],
  ])('%s is refused', (text, reason) => {
    expect(() => withNexus(text)).toThrow(reason)
  })
})
