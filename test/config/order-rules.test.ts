/** What a file may say of the order of candidates, and the errors of one that can not mean that. */
import { applyOverride, ConfigError, parseConfig } from '../../src/config'
import type { Route } from '../../src/domain/routing/route'

const PROVIDERS = `
providers:
  east: { api: openai-chat, baseUrl: http://e/v1 }
  west: { api: openai-chat, baseUrl: http://w/v1 }
  spare: { api: openai-chat, baseUrl: http://s/v1 }
`
const route = (text: string, defaults = ''): string => `${PROVIDERS}${defaults}\nroutes:\n  chat: { ${text} }`

function errorOf(text: string): string {
  try {
    parseConfig(text, 'h.yaml')
    return ''
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message
  }
}

const routeOf = (text: string): Route => {
  const found = parseConfig(text, 'h.yaml').routes.chat
  if (found === undefined) throw new Error('no route')
  return found
}

const BALANCED =
  'order: weighted, sticky: user, candidates: [{ target: east/m, weight: 3 }, west/m, { target: spare/n, rank: 2, weight: 0.5 }]'

it('a route has an order, a key to be sticky by, and candidates with weights and ranks', () => {
  const { order, sticky, candidates } = routeOf(route(BALANCED))
  expect({ order, sticky }).toEqual({ order: 'weighted', sticky: 'user' })
  expect(candidates.map(({ weight, rank }) => [weight, rank])).toEqual([
    [3, undefined],
    [undefined, undefined],
    [0.5, 2],
  ])
})

it('without a word of it nothing of it is in the resolved route, and so in no input', () => {
  for (const text of ['candidates: [east/m]', 'order: given, sticky: false, candidates: [east/m]']) {
    const found = routeOf(route(text))
    expect(found).not.toHaveProperty('order')
    expect(found).not.toHaveProperty('sticky')
    expect(found.candidates[0]).not.toHaveProperty('weight')
    expect(found.candidates[0]).not.toHaveProperty('rank')
  }
})

it.each([
  ['order: fastest, candidates: [east/m]', 'order: write one of: given, weighted, latency, cost'],
  [
    'order: weighted, candidates: [{ target: east/m, weight: -1 }]',
    'candidates[0].weight: must be at least 0',
  ],
  ['order: weighted, candidates: [{ target: east/m, weight: .nan }]', 'candidates[0].weight'],
  ['order: weighted, candidates: [{ target: east/m, weight: .inf }]', 'candidates[0].weight'],
  ['order: weighted, candidates: [{ target: east/m, weight: 1e9 }]', 'weight: must be at most 1000000'],
  ['order: weighted, candidates: [{ target: east/m, weight: "3" }]', 'weight: expected a number, found text'],
  [
    'order: weighted, candidates: [{ target: east/m, weight: 0 }, { target: west/m, weight: 0 }]',
    'all candidates of rank 1 have weight 0: give one of them more',
  ],
  [
    'order: weighted, candidates: [east/m, { target: west/m, rank: 2, weight: 0 }]',
    'all candidates of rank 2 have weight 0',
  ],
  [
    'candidates: [{ target: east/m, weight: 2 }, west/m]',
    'weight: counts with order: weighted alone, and the order is given',
  ],
  [
    'order: latency, candidates: [{ target: east/m, weight: 2 }, west/m]',
    'weight: counts with order: weighted alone, and the order is latency',
  ],
  ['candidates: [{ target: east/m, rank: 2 }]', 'rank: says nothing with order: given'],
  ['order: cost, candidates: [{ target: east/m, rank: 0 }]', 'rank: must be at least 1'],
  ['order: cost, candidates: [{ target: east/m, rank: 1.5 }]', 'rank: expected a whole number'],
  [
    'order: cost, candidates: [{ target: east/m, rank: 2 }, west/m]',
    'candidates[1].rank: 1 stands below rank 2: list the lower ranks first',
  ],
  ['order: latency, sticky: user, candidates: [east/m]', 'sticky: goes with order: weighted'],
  ['sticky: conversation, candidates: [east/m]', 'sticky: goes with order: weighted, and the order is given'],
  [
    'order: weighted, sticky: session, candidates: [east/m]',
    'sticky: write false, promptCacheKey, user, conversation, or metadata:<key>',
  ],
  ['order: weighted, sticky: "metadata:", candidates: [east/m]', 'sticky: write false'],
  ['order: weighted, sticky: true, candidates: [east/m]', 'sticky: write false'],
  ['weights: [3], candidates: [east/m]', 'weights: unknown field'],
])('%s: %s', (text, message) => {
  expect(errorOf(route(text))).toContain(message)
})

it('what a route inherits is held to the same, and can be undone', () => {
  const defaults = 'defaults: { order: weighted, sticky: user }'
  expect(errorOf(route('candidates: [east/m, west/m]', defaults))).toBe('')
  expect(errorOf(route('order: cost, candidates: [east/m, west/m]', defaults))).toContain('sticky: goes with')
  expect(errorOf(route('order: cost, sticky: false, candidates: [east/m, west/m]', defaults))).toBe('')
})

it('a request that names candidates has ordered them: they are called as it lists them', () => {
  const given = routeOf(route(BALANCED))
  const listed = applyOverride(given, { candidates: ['west/m', 'east/m'] })
  expect(listed).toMatchObject({
    ok: true,
    route: { candidates: [{ target: 'west/m' }, { target: 'east/m' }] },
  })
  expect(listed.ok && listed.route).not.toHaveProperty('order')
  expect(listed.ok && listed.route).not.toHaveProperty('sticky')
  expect(applyOverride(given, { deadline: '8s' })).toMatchObject({
    route: { order: 'weighted', sticky: 'user' },
  })
})
