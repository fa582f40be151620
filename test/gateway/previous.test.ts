/** What becomes of a request whose earlier response can't be read just now. */
import { HoldfastError } from '../../src/client'
import type { InternalHoldfast } from '../../src/client/internal'
import type { GatewayDeps } from '../../src/gateway/deps'
import type { DialectRequest } from '../../src/gateway/formats'
import { withPrevious } from '../../src/gateway/previous'
import type { RequestContext } from '../../src/gateway/request-context'

/** A client whose earlier generation runs, and whose wait for it ends like this. */
const endingIn = (kind: 'unavailable' | 'all_failed'): GatewayDeps => {
  const error = new HoldfastError({ kind, message: 'so it ended', accepted: true })
  const holdfast = {
    request: async () => ({ messages: [{ role: 'user', content: 'hi' }] }),
    status: async () => ({ state: 'running' }),
    find: async () => ({ result: () => Promise.reject(error) }),
  }
  return { clientOf: async () => holdfast as unknown as InternalHoldfast } as unknown as GatewayDeps
}

const goOn = (deps: GatewayDeps) =>
  withPrevious(
    deps,
    { previous: 'gen-1', parsed: { request: { messages: [] } } } as unknown as DialectRequest,
    { tenant: null, grant: null } as RequestContext,
  )

it('that Temporal is away is said as such: the earlier response may well have its answer', async () => {
  await expect(goOn(endingIn('unavailable'))).rejects.toMatchObject({ kind: 'unavailable' })
})

it('that it failed meanwhile is a request that can never be answered', async () => {
  await expect(goOn(endingIn('all_failed'))).rejects.toMatchObject({
    status: 400,
    code: 'previous_response_failed',
  })
})
