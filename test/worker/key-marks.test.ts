import { parseConfig } from '../../src/config'
import { keyMarks } from '../../src/worker/key-marks'

const config = parseConfig(`
providers:
  alpha: { api: openai-chat, baseUrl: http://127.0.0.1:1/v1, apiKeyEnv: ALPHA }
  beta: { api: openai-chat, baseUrl: http://127.0.0.1:1/v1, apiKeysEnv: [ALPHA, SECOND] }
  open: { api: openai-chat, baseUrl: http://127.0.0.1:1/v1, auth: none }
routes:
  default: { candidates: [alpha/m, beta/m, open/m] }
`)

const SECRET = 'sk-secret-0123456789abcdef'

it('a mark is 16 hex digits that have nothing of the key in them, of its provider alone', () => {
  const marks = keyMarks(config, { ALPHA: SECRET })
  expect([...marks.keys()].sort()).toEqual(['alpha', 'beta'])
  for (const mark of marks.values()) {
    expect(mark).toMatch(/^[0-9a-f]{16}$/)
    expect(SECRET).not.toContain(mark)
  }
  expect(marks.get('alpha')).not.toBe(marks.get('beta'))
})

it('it changes with each key of its provider, and with nothing else', () => {
  const mark = (env: { [name: string]: string }) => keyMarks(config, env).get('beta')
  const one = mark({ ALPHA: SECRET })
  expect(mark({ ALPHA: SECRET, OTHER: 'x' })).toBe(one)
  expect(mark({ ALPHA: `${SECRET}x` })).not.toBe(one)
  expect(mark({ ALPHA: SECRET, SECOND: 'another' })).not.toBe(one)
  expect(mark({})).toBeUndefined()
})
