/** RUN-PARKED and LACKING-KEYS: who waits for a key, for how long, and how it goes on. */
import { runGeneration } from '../../src/engine/run-generation'
import type { Progress } from '../../src/engine/types'
import { answerOf } from '../helpers/cache'
import {
  answers,
  BEGAN_AT,
  Cancelled,
  type Circumstances,
  Failed,
  fails,
  fakeHost,
  inputOf,
  routeOf,
} from '../helpers/fake-host'

const PARK = { park: { forMs: 3_600_000 } }
const refused = fails('unauthorized', 100, { status: 401 })

async function run(
  circumstances: Circumstances,
  { targets = ['a/m'], route = PARK, more = {} }: { targets?: string[]; route?: object; more?: object } = {},
) {
  const { host, seen, passedMs } = fakeHost({ parks: true, ...circumstances })
  const progress: Progress = { records: [], sequence: 0 }
  const input = inputOf(routeOf(targets, route), more)
  const end = await runGeneration(input, host, progress, BEGAN_AT).then(
    (result) => result.text,
    (error: unknown) => error,
  )
  return { end, seen, passedMs: passedMs(), attempts: progress.records.length }
}

const failedKind = (end: unknown): string =>
  end instanceof Failed ? end.failed.kind : end instanceof Cancelled ? 'cancelled' : `answered ${String(end)}`

it('waits for a key that was refused, looks after 30 s, 60 s and so on, and answers when it is mended', async () => {
  const { end, seen } = await run({ play: { 'a/m': [refused, refused, refused, answers('at last')] } })
  expect(end).toBe('at last')
  expect(seen.parked).toEqual(['a@100'])
  expect(seen.starts).toEqual(['a/m@0', 'a/m@30100', 'a/m@90200', 'a/m@210300'])
})

it('a look goes by its circuits alone: whom they keep out is not called, not even as a last resort', async () => {
  const blocked = [
    { target: 'a/m', until: BEGAN_AT + 50_000, reason: 'held', forced: false, hold: 'unauthorized' as const },
  ]
  const held = { unusable: [], blocked }
  const free = { unusable: [] }
  const { end, seen } = await run({
    play: { 'a/m': [refused, answers('mended')] },
    snapshots: [free, held, held, held, held, free],
  })
  expect(end).toBe('mended')
  expect(seen.starts).toEqual(['a/m@0', 'a/m@90100'])
  expect(seen.inputs[1]).toMatchObject({ lastResort: false, deadlineAt: BEGAN_AT + 90_100 + 600_000 })
})

it('a change of the circuits ends the pause, and each comes at a moment of its own', async () => {
  const { seen } = await run({ play: { 'a/m': [refused, answers('soon')] }, nudgedMs: 1_000 })
  expect(seen.starts).toEqual(['a/m@0', 'a/m@3500'])
})

it('a worker without the key is a lack of one as well', async () => {
  const without = { unusable: [{ provider: 'a', reason: 'A_KEY is not set' }] }
  const { end, seen } = await run({
    play: { 'a/m': [answers('set')] },
    snapshots: [without, without, without, without, without, { unusable: [] }],
  })
  expect(end).toBe('set')
  expect(seen.parked).toEqual(['a@0'])
})

it('it gives up after parkFor', async () => {
  const { end, passedMs } = await run(
    { play: { 'a/m': [refused, refused, refused] } },
    { route: { park: { forMs: 60_000 } } },
  )
  expect(failedKind(end)).toBe('deadline_exceeded')
  expect(passedMs).toBeGreaterThanOrEqual(60_000)
  expect(passedMs).toBeLessThan(61_000)
})

it('who is cancelled meanwhile ends there', async () => {
  const { end, seen } = await run({ play: { 'a/m': [refused] }, cancelledMs: 5_000 })
  expect(failedKind(end)).toBe('cancelled')
  expect(seen.starts).toHaveLength(1)
})

it('when the key is good again and a limit is met, it goes on waiting, for as long as the provider says', async () => {
  const limited = fails('rate_limited', 100, { retryAfterMs: 20_000 })
  const { end, seen } = await run({ play: { 'a/m': [refused, limited, answers('in turn')] } })
  expect(end).toBe('in turn')
  expect(seen.starts).toEqual(['a/m@0', 'a/m@30100', 'a/m@50200'])
})

it('when the key is good again and the provider fails, it ends as it would have', async () => {
  const { end } = await run({ play: { 'a/m': [refused, fails('server_error')] } })
  expect(failedKind(end)).toBe('all_failed')
})

it.each<[string, Circumstances['play'], string, string[]]>([
  ['another candidate has failed otherwise', { 'b/m': [fails('overloaded')] }, 'all_failed', []],
  ['another one refuses over content', { 'b/m': [fails('content_refused')] }, 'all_failed', []],
  [
    'another one can not take so long a prompt',
    { 'b/m': [fails('context_too_long')] },
    'cancelled',
    ['a@200'],
  ],
  ['the other key is refused, too', { 'b/m': [refused] }, 'cancelled', ['a, b@200']],
  ['the other account is empty', { 'b/m': [fails('quota_exhausted')] }, 'cancelled', ['a, b@200']],
])('where %s', async (_what, play, kind, parked) => {
  const { end, seen } = await run(
    { play: { 'a/m': [refused], ...play }, cancelledMs: 10_000 },
    { targets: ['a/m', 'b/m'] },
  )
  expect(failedKind(end)).toBe(kind)
  expect(seen.parked).toEqual(parked)
})

it('a route that does not park fails, and so does a place where nobody can wait for days', async () => {
  const play = { 'a/m': [refused] }
  expect(failedKind((await run({ play }, { route: {} })).end)).toBe('all_failed')
  const { host } = fakeHost({ play })
  const work = runGeneration(inputOf(routeOf(['a/m'], PARK)), host, { records: [], sequence: 0 }, BEGAN_AT)
  await expect(work).rejects.toBeInstanceOf(Failed)
})

it('an old answer of the cache goes before the wait', async () => {
  const { end, seen } = await run({
    play: { 'a/m': [refused] },
    cached: { in_place_of_error: { answer: answerOf('old'), target: 'a/m', ageMs: 5, renew: false } },
  })
  expect(end).toBe('old')
  expect(seen.parked).toEqual([])
})

it('a wait that is carried into another run goes on there, and calls nobody before its next look', async () => {
  const parked = { since: BEGAN_AT - 1_000_000, until: BEGAN_AT + 1_000_000, looks: 9, providers: ['a'] }
  const resumed = {
    dispatch: { pass: 1, pausedUntil: null },
    records: [],
    startedAt: BEGAN_AT,
    order: 1,
    log: 'l',
    parked,
  }
  const { end, seen } = await run({ play: { 'a/m': [answers('there')] } }, { more: { resumed } })
  expect(end).toBe('there')
  expect(seen.starts).toEqual(['a/m@300000'])
  const resting = await run({ play: { 'a/m': [refused] }, mayRest: true })
  expect(resting.seen.rested).toHaveLength(1)
})
