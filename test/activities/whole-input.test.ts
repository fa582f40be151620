/** A call whose request stands in the payload store: what becomes of it where that can't be read. */
import { wholeInput } from '../../activities/whole-input'
import type { CallProviderInput } from '../../src/contract/generation'
import { lackedTurn } from '../../src/domain/failures/failure'
import { retryDelayMs } from '../../src/domain/failures/retry'
import type { GenerationRequest } from '../../src/domain/request/request'
import { contentOf, outlineOf, wholeOf } from '../../src/domain/request/stored'
import { makePlan } from '../../src/domain/routing/plan'
import { estimateOf, NOTHING_RECEIVED } from '../../src/domain/routing/spent'
import { PayloadStoreError } from '../../src/stores/payloads'

const request: GenerationRequest = {
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'x'.repeat(900) },
        { type: 'image', data: 'AAAA', mediaType: 'image/png' },
      ],
    },
  ],
  tools: [{ name: 'f', parameters: { type: 'object' } }],
}
const outline = outlineOf(request, { store: 'holdfast.disk', key: 'k', bytes: 9 })
const input = { request: outline } as CallProviderInput
const reading = (fault: ConstructorParameters<typeof PayloadStoreError>[0]) =>
  wholeInput({ wholeRequest: () => Promise.reject(new PayloadStoreError(fault, 'why')) }, input)

it('an outline and its content are the request again, and it alone is small', () => {
  expect(wholeOf(outline, contentOf(request))).toEqual(request)
  expect(outline.messages).toEqual([])
})

it('STORED-1: plans and estimates of an outline are those of the request', () => {
  const candidate = (facts: object) => ({ target: 'a/m', provider: 'a', model: 'm', facts })
  const view = { unusable: new Map<string, string>(), blocked: [] }
  for (const facts of [{ images: false }, { contextTokens: 100 }, { tools: false }, {}]) {
    const route = { candidates: [candidate(facts)], circuit: null } as unknown as Parameters<
      typeof makePlan
    >[0]
    expect(makePlan(route, outline, view)).toEqual(makePlan(route, request, view))
  }
  expect(estimateOf(outline, NOTHING_RECEIVED)).toEqual(estimateOf(request, NOTHING_RECEIVED))
})

it('WHOLE-INPUT-1: a store that does not answer is waited for, although other candidates are left', async () => {
  const read = await reading('unavailable')
  if (read.ok) throw new Error('it was read')
  expect(read.failure).toMatchObject({ class: 'not_admitted', code: 'payloads' })
  expect(lackedTurn(read.failure)).toBe(true)
  const question = {
    policy: {} as never,
    records: [],
    failure: read.failure,
    othersLeft: true,
    otherKeyFree: false,
    now: 0,
    deadlineAt: 60_000,
    random: 0.5,
  }
  expect(retryDelayMs({ ...question, policy: { maximumAttempts: 1 } as never })).toBeGreaterThan(0)
  expect(retryDelayMs({ ...question, policy: { maximumAttempts: 1 } as never, deadlineAt: 10 })).toBeNull()
})

it.each(['missing', 'damaged', 'refused'] as const)(
  'WHOLE-INPUT-2: %s ends the call in words',
  async (fault) => {
    const read = await reading(fault)
    expect(read).toMatchObject({ ok: false, failure: { class: 'internal_error' } })
  },
)
