import type { Failure } from '../../src/domain/failures/failure'
import { createKeyRing } from '../../src/worker/key-ring'

const candidate = { provider: 'p', model: 'm' }
const keys = [
  { name: 'ONE', value: '1' },
  { name: 'TWO', value: '2' },
]
const refused: Failure = { class: 'unauthorized', message: '' }

it('tries a refused key by one call in half a minute, and goes back to it for good once it is taken', () => {
  let now = 1_000_000
  const ring = createKeyRing(() => now)
  const used = () => ring.choose(candidate, keys, true)?.name
  expect(used()).toBe('ONE')
  expect(ring.hold(candidate, keys, 'ONE', refused)).toBe(true)
  expect([used(), used()]).toEqual(['TWO', 'TWO'])
  now += 30_000
  expect([used(), used(), used()]).toEqual(['ONE', 'TWO', 'TWO'])
  ring.hold(candidate, keys, 'ONE', refused)
  now += 30_000
  expect([used(), used()]).toEqual(['ONE', 'TWO'])
  ring.worked(candidate, 'ONE')
  expect([used(), used()]).toEqual(['ONE', 'ONE'])
})

it('keeps to the pause that was asked for', () => {
  let now = 1_000_000
  const ring = createKeyRing(() => now)
  ring.hold(candidate, keys, 'ONE', { class: 'quota_exhausted', message: '', retryAfterMs: 600_000 })
  now += 599_999
  expect(ring.choose(candidate, keys, true)?.name).toBe('TWO')
  now += 1
  expect([ring.choose(candidate, keys, true)?.name, ring.choose(candidate, keys, true)?.name]).toEqual([
    'ONE',
    'ONE',
  ])
})

it('is not tried by a call whose end says nothing of it', () => {
  let now = 1_000_000
  const ring = createKeyRing(() => now)
  ring.hold(candidate, keys, 'ONE', refused)
  now += 30_000
  const used = (tells: boolean) => ring.choose(candidate, keys, tells)?.name
  expect([used(false), used(true), used(true)]).toEqual(['TWO', 'ONE', 'TWO'])
})
