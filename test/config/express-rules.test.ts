/** Where a route may have an express lane. */
import { ConfigError, parseConfig } from '../../src/config'

const PROVIDERS = `
providers:
  a: { api: openai-chat, baseUrl: http://a/v1 }
  r: { api: openai-responses, baseUrl: http://r/v1 }
`
const parsed = (route: string, defaults = '') =>
  parseConfig(`${PROVIDERS}${defaults}\nroutes:\n  chat: { ${route} }`, 'h.yaml')

function errorOf(route: string, defaults = ''): string {
  try {
    parsed(route, defaults)
    return ''
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message
  }
}

it('a route has one, by its own word or by the defaults', () => {
  expect(parsed('candidates: [a/m], express: true').routes.chat?.express).toBe(true)
  expect(parsed('candidates: [a/m]', 'defaults: { express: true }').routes.chat?.express).toBe(true)
})

it('a route without it says nothing of it: what has been recorded replays', () => {
  const without = [parsed('candidates: [a/m]'), parsed('candidates: [a/m], express: false')]
  for (const { routes } of without) expect(Object.keys(routes.chat ?? {})).not.toContain('express')
})

it.each([
  ['candidates: [a/m, r/m], strategy: race, express: true', '', 'strategy: sequence alone'],
  [
    'candidates: [a/m, r/m], strategy: { hedge: { after: 1s } }, express: true',
    '',
    'strategy: sequence alone',
  ],
  ['candidates: [a/m, r/m], strategy: race', 'defaults: { express: true }', 'strategy: sequence alone'],
  ['candidates: [{ target: r/m, background: true }], express: true', '', 'drop express or background'],
])('{ %s } %s: %s', (route, defaults, expected) => {
  expect(errorOf(route, defaults)).toContain(expected)
})

it('in the background, and with strategies that overlap, it may be off', () => {
  expect(
    errorOf('candidates: [a/m, r/m], strategy: race, express: false', 'defaults: { express: true }'),
  ).toBe('')
  expect(errorOf('candidates: [{ target: r/m, background: true }]')).toBe('')
})
