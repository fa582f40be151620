/** Three deployments of one model on a real server: who is called first, and who when one of them is broken. */

import { readRecordedRuns, runOf } from '../../src/client/recorded-runs'
import { drawn } from '../../src/domain/routing/draw'
import { storyOf } from '../../src/history/run-story'
import { stickyKeyOf } from '../../src/request/sticky'
import { type Stack, startStack } from '../helpers/stack'

const NAMES = ['east', 'west', 'north'] as const
const REQUEST = { tenant: null, request: { messages: [] } }
const WEIGHTED = [
  { name: 'east/m', weight: 5 },
  { name: 'west/m', weight: 3 },
  { name: 'north/m', weight: 2 },
]

const config = (url: string): string => `
providers:
${NAMES.map((name) => `  ${name}: { api: openai-chat, baseUrl: ${url}/${name}/v1, auth: none }`).join('\n')}
  spare: { api: openai-chat, baseUrl: ${url}/spare/v1, auth: none }
models:
  east/m: { inputPerMillion: 5, outputPerMillion: 5 }
  west/m: { inputPerMillion: 1, outputPerMillion: 1 }
defaults: { retry: { maximumAttempts: 1 }, circuit: { consecutive: 2, openFor: 10m, maxOpenFor: 10m } }
routes:
  balanced:
    order: weighted
    sticky: "metadata:session"
    candidates:
      - { target: east/m, weight: 5 }
      - { target: west/m, weight: 3 }
      - { target: north/m, weight: 2 }
      - { target: spare/n, rank: 2 }
  kept: { order: weighted, sticky: "metadata:session", candidates: [east/m, west/m, north/m] }
  quick: { order: latency, candidates: [east/m, west/m, north/m], circuit: false }
  cheap: { order: cost, candidates: [north/m, east/m, west/m], circuit: false }
  hedged: { order: cost, candidates: [north/m, east/m, west/m], circuit: false, strategy: { hedge: { after: 100ms, budget: 100% } } }
`

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ config, workers: 3 })
})
afterAll(() => stack?.close())
beforeEach(() => stack.simulator.reset())

const firstOf = ({ attempts }: { attempts: { target: string }[] }): string | undefined => attempts[0]?.target

/** Four at a time. */
async function many<T>(count: number, one: (index: number) => Promise<T>): Promise<T[]> {
  const all: T[] = []
  for (let begun = 0; begun < count; begun += 4)
    all.push(...(await Promise.all([0, 1, 2, 3].map((n) => one(begun + n)))))
  return all
}

it('weights decide who is first; a broken one is answered for by the others of its rank, and then left alone', async () => {
  const { holdfast, simulator } = stack
  const ask = (session: string) =>
    holdfast.generate({ route: 'balanced', prompt: session, metadata: { session } })
  const drawnBy = (session: string): string[] => {
    const key = stickyKeyOf('metadata:session', { ...REQUEST, metadata: { session } })
    return drawn(WEIGHTED, key ?? '', (one) => one).map(({ name }) => name)
  }
  const sessions = Array.from({ length: 12 }, (_one, n) => `weighted ${n}`)
  const well = await many(12, (n) => ask(sessions[n] ?? ''))
  expect(well.map(({ target }) => target)).toEqual(sessions.map((session) => drawnBy(session)[0]))
  expect(new Set(well.map(({ target }) => target)).size).toBe(3)

  simulator.script('east', [{ status: 503 }])
  const broken = await many(12, (n) => ask(sessions[n] ?? ''))
  const next = (session: string) => drawnBy(session).find((target) => target !== 'east/m')
  expect(broken.map(({ target }) => target)).toEqual(sessions.map(next))
  expect(broken.map(firstOf)).toContain('east/m')
  expect(simulator.calls({ provider: 'spare' })).toHaveLength(0)
  // Till each worker has read that the circuit is open.
  for (;;) {
    const after = await many(4, () => holdfast.generate({ route: 'balanced', prompt: 'after' }))
    if (after.every((one) => firstOf(one) !== 'east/m')) break
  }
}, 60_000)

it('requests of one session go to one deployment; when that breaks its own sessions move, and no others', async () => {
  const { holdfast, simulator } = stack
  // East is out since the test before: what is kept is kept among the others.
  const ask = (prompt: string) =>
    many(8, (n) => holdfast.generate({ route: 'kept', prompt, metadata: { session: `s${n}` } }))
  const before = await ask('one')
  expect((await ask('two')).map(({ target }) => target)).toEqual(before.map(({ target }) => target))
  expect(new Set(before.map(({ target }) => target)).size).toBe(2)

  simulator.script('west', [{ status: 503 }])
  const after = await ask('three')
  expect(after.map(({ target }) => target)).not.toContain('west/m')
  for (const [n, { target }] of before.entries())
    if (target !== 'west/m') expect(after[n]?.target).toBe(target)
}, 60_000)

it('one that has become slow loses its first places within a few calls, and explain says why', async () => {
  const { holdfast, simulator, client } = stack
  const ask = (count: number, what: string) =>
    many(count, (n) => holdfast.generate({ route: 'quick', prompt: `${what} ${n}` }))
  await ask(12, 'quick')
  simulator.script('east', [{ latency: '2s' }])
  await ask(12, 'slow')
  const late = await ask(8, 'late')
  expect(late.filter((one) => firstOf(one) === 'east/m').length).toBeLessThanOrEqual(2)

  const run = runOf(await readRecordedRuns(client, late.at(-1)?.id ?? ''))
  const plan = storyOf(run, Date.now()).rows.find(({ kind }) => kind === 'plan')
  expect(plan?.text).toMatch(/; latency order: (west|north)\/m [\d.]+ m?s, /)
  expect(run.plans[0]?.order.standings.map(({ target }) => target)).toEqual(run.plans[0]?.ready)
}, 60_000)

it('the cheapest is called first; a hedge goes by the same order, and who names candidates has ordered them', async () => {
  const { holdfast, simulator } = stack
  expect(firstOf(await holdfast.generate({ route: 'cheap', prompt: 'hi' }))).toBe('west/m')
  const candidates = ['north/m', 'east/m']
  const listed = await holdfast.generate({ route: 'cheap', prompt: 'hi', override: { candidates } })
  expect(firstOf(listed)).toBe('north/m')
  simulator.script('west', [{ fault: 'silent' }])
  expect((await holdfast.generate({ route: 'hedged', prompt: 'hi' })).target).toBe('east/m')
})
