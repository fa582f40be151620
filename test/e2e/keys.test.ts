/** Several keys of one provider. */

import { keyHash } from '../../src/simulator'
import { type Stack, startStack } from '../helpers/stack'

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, apiKeysEnv: [KEY_ONE, KEY_TWO, KEY_UNSET] }
routes:
  default: { candidates: [alpha/model-a], retry: { maximumAttempts: 3, initialInterval: 10ms } }
`

describe('a provider with several keys', () => {
  let stack: Stack
  beforeEach(async () => {
    stack = await startStack({ config, env: { KEY_ONE: 'one-secret', KEY_TWO: 'two-secret' } })
  })
  afterEach(() => stack.close())

  const keysUsed = () => stack.simulator.calls().map(({ keyHash: hash }) => hash)

  it.each([
    ['refused', { fault: 'unauthorized' }, 'unauthorized'],
    ['out of quota', { fault: 'quota_exhausted' }, 'quota_exhausted'],
    ['rate limited for long', { status: 429, retryAfter: '600' }, 'rate_limited'],
  ] as const)(
    'whose first key is %s uses the second one at once, and from then on',
    async (_name, step, failure) => {
      const { simulator, holdfast } = stack
      simulator.script('alpha', [{ ...step, times: 1 }, { answer: 'by the second key' }])
      const { attempts, text } = await holdfast.generate({ prompt: 'first' })
      expect(text).toBe('by the second key')
      expect(attempts.map((attempt) => attempt.failure?.class)).toEqual([failure, undefined])
      await holdfast.generate({ prompt: 'second' })
      const [one, two] = [keyHash('one-secret'), keyHash('two-secret')]
      expect(keysUsed()).toEqual([one, two, two])
    },
  )

  it('keeps to its first key after a failure that is not about keys', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ status: 503, times: 1 }, {}])
    await holdfast.generate({ prompt: 'first' })
    expect(new Set(keysUsed())).toEqual(new Set([keyHash('one-secret')]))
  })
})
