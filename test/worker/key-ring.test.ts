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
  const keyRing = createKeyRing(() => now)
  const used = () => keyRing.choose(candidate, keys, true)?.name
  expect(used()).toBe('ONE')
  expect(keyRing.hold(candidate, keys, 'ONE', refused)).toBe(true)
  expect([used(), used()]).toEqual(['TWO', 'TWO'])
  now += 30_000
  expect([used(), used(), used()]).toEqual(['ONE', 'TWO', 'TWO'])
  keyRing.hold(candidate, keys, 'ONE', refused)
  now += 30_000
  expect([used(), used()]).toEqual(['ONE', 'TWO'])
  keyRing.worked(candidate, 'ONE')
  expect([used(), used()]).toEqual(['ONE', 'ONE'])
})

it('keeps to the pause that was requested', () => {
  let now = 1_000_000
  const keyRing = createKeyRing(() => now)
  keyRing.hold(candidate, keys, 'ONE', { class: 'quota_exhausted', message: '', retryAfterMs: 600_000 })
  now += 599_999
  expect(keyRing.choose(candidate, keys, true)?.name).toBe('TWO')
  now += 1
  expect([keyRing.choose(candidate, keys, true)?.name, keyRing.choose(candidate, keys, true)?.name]).toEqual([
    'ONE',
    'ONE',
  ])
})

it('is not tried by a call whose end says nothing of it', () => {
  let now = 1_000_000
  const keyRing = createKeyRing(() => now)
  keyRing.hold(candidate, keys, 'ONE', refused)
  now += 30_000
  const used = (reports: boolean) => keyRing.choose(candidate, keys, reports)?.name
  expect([used(false), used(true), used(true)]).toEqual(['TWO', 'ONE', 'TWO'])
})
