/** Recorded runs under other policies: who answers then, when, after how many calls, and what the record does not say. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { reenact } from '../../src/testing'
import { releases, savedHistory, savedNames } from '../helpers/histories'

const FIXTURES = path.resolve(__dirname, '..', 'fixtures', 'histories')
const fileOf = (name: string): string => path.join(FIXTURES, 'unreleased', `${name}.json`)

const GENERATIONS = [...releases(), 'unreleased'].flatMap((release) =>
  savedNames(release)
    // Of these no request was resolved: there is nothing to run.
    .filter((name) => !name.startsWith('circuit') && name !== 'jammed' && name !== 'child-refused')
    .map((name) => [release, name] as const),
)

/** What a later run of the chain met is in no record of this one. */
const UNKNOWN: { readonly [name: string]: unknown } = {
  continued: expect.stringContaining('would be called once more'),
}

describe('under its own policy a run goes as it went', () => {
  it.each(GENERATIONS)('%s %s', async (release, name) => {
    const { before, after, unknown } = await reenact(savedHistory(name, release))
    const facts = ({ outcome, target, served, calls }: typeof before) => ({ outcome, target, served, calls })
    expect(unknown === null ? facts(after) : unknown).toEqual(UNKNOWN[name] ?? facts(before))
  })
})

it('its attempts are made at the moments and with the pauses of the record', async () => {
  const { after } = await reenact(fileOf('failed-over'))
  expect(after.totalMs).toBe(155 + 9 + 101 + 116)
  expect(
    after.attempts.map(({ target, durationMs, retryInMs, failure }) => [
      target,
      durationMs,
      retryInMs,
      failure?.class,
    ]),
  ).toEqual([
    ['alpha/model-a', 155, 9, 'overloaded'],
    ['alpha/model-a', 101, undefined, 'rate_limited'],
    ['beta/model-b', 116, undefined, undefined],
  ])
})

it('a policy that tries once falls over sooner, and pays less', async () => {
  const route = { candidates: ['alpha/model-a', 'beta/model-b'], retry: { maximumAttempts: 1 } }
  const { before, after } = await reenact(fileOf('failed-over'), { route })
  expect([before.calls, after.calls]).toEqual([3, 2])
  expect(after).toMatchObject({ outcome: 'answered', target: 'beta/model-b', totalMs: 155 + 116 })
})

it('a shorter deadline cuts what a longer one had let through, and behind a longer one it is not known', async () => {
  const candidates = ['alpha/model-a', 'beta/model-b']
  const cut = await reenact(fileOf('failed-over'), { route: { candidates, deadline: '100ms' } })
  expect(cut.after).toMatchObject({ outcome: 'deadline_exceeded', totalMs: 100, calls: 1 })
  const same = await reenact(fileOf('deadline'))
  expect(same.after).toMatchObject({ outcome: 'deadline_exceeded', calls: 1 })
  const longer = await reenact(fileOf('deadline'), {
    route: { candidates: ['alpha/model-a'], deadline: '1h' },
  })
  expect(longer.unknown).toContain('was cut by the deadline')
})

it('two candidates that failed alone answer no more often as a hedge', async () => {
  const route = {
    candidates: ['alpha/model-a', 'beta/model-b'],
    strategy: { hedge: { after: '1ms' } },
    retry: { maximumAttempts: 2, initialInterval: '20ms' },
  }
  const { after } = await reenact(fileOf('all-failed'), { route })
  expect(after).toMatchObject({ outcome: 'all_failed', target: null, calls: 4 })
  expect(after.message).toContain('beta/model-b: overloaded')
})

it('the answer’s price is that of the policy’s config', async () => {
  const providers = {
    alpha: { api: 'openai-chat', baseUrl: 'https://alpha.example.com/v1' },
    beta: { api: 'openai-chat', baseUrl: 'https://beta.example.com/v1' },
  } as const
  const route = {
    providers,
    routes: { default: { candidates: ['alpha/model-a', 'beta/model-b'], retry: { maximumAttempts: 2 } } },
    models: { 'beta/model-b': { inputPerMillion: 1_000_000, outputPerMillion: 0 } },
  }
  const { before, after } = await reenact(fileOf('failed-over'), { route })
  const { usage } = after.attempts.at(-1) ?? {}
  expect(usage?.inputTokens).toBeGreaterThan(0)
  expect([before.costUsd, after.costUsd]).toEqual([null, usage?.inputTokens])
})

describe('what the record does not say is not made up', () => {
  it('a target that was never called', async () => {
    const route = { candidates: ['gamma/model-c', 'beta/model-b'] }
    const { after, unknown } = await reenact(fileOf('failed-over'), { route })
    expect(after).toMatchObject({ outcome: 'unknown', target: null, totalMs: null })
    expect(unknown).toBe('gamma/model-c was never called in this run: what it would have said is not known')
  })

  it('unless something is assumed of it, which is said', async () => {
    const route = { candidates: ['gamma/model-c', 'beta/model-b'], retry: { maximumAttempts: 2 } }
    const assume = { 'gamma/model-c': [{ tookMs: 50, failure: 'server_error' as const }, { tookMs: 800 }] }
    const { after, unknown, assumed } = await reenact(fileOf('failed-over'), { route, assume })
    expect(unknown).toBeNull()
    expect(assumed).toEqual(['gamma/model-c'])
    expect(after).toMatchObject({ outcome: 'answered', target: 'gamma/model-c', calls: 2 })
  })

  it('what is assumed of all that were never called stands in for no other', async () => {
    const assume = { '*': [{ tookMs: 50 }] }
    const more = {
      candidates: ['alpha/model-a', 'beta/model-b', 'gamma/model-c'],
      retry: { maximumAttempts: 2 },
    }
    const { after, assumed } = await reenact(fileOf('all-failed'), { route: more, assume })
    expect([after.target, assumed]).toEqual(['gamma/model-c', ['gamma/model-c']])
    const again = { candidates: ['alpha/model-a'], retry: { maximumAttempts: 3 } }
    expect((await reenact(fileOf('all-failed'), { route: again, assume })).after.outcome).toBe('unknown')
  })

  it('a call beyond those that were recorded', async () => {
    const route = { candidates: ['alpha/model-a'], retry: { maximumAttempts: 5, initialInterval: '1ms' } }
    const { after, unknown } = await reenact(fileOf('all-failed'), { route })
    expect(unknown).toBe(
      'alpha/model-a would be called once more than the 2 recorded times: what it would have said is not known',
    )
    expect(after.calls).toBe(2)
  })

  it('a call that was cancelled before its end, but only where its end matters', async () => {
    const alone = await reenact(fileOf('race'), { route: { candidates: ['alpha/model-a'] } })
    expect(alone.unknown).toMatch(
      /^the call of alpha\/model-a was cancelled after \d+ ms: how it would have ended/,
    )
    const race = await reenact(fileOf('race'))
    expect(race.unknown).toBeNull()
  })
})

describe('a policy from a file', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-reenact-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const written = (text: string): string => {
    const file = path.join(folder, 'new.yaml')
    writeFileSync(file, text)
    return file
  }

  it('is one route, or a config with a route of that name', async () => {
    const bare = written('candidates: [beta/model-b]')
    expect((await reenact(fileOf('failed-over'), { route: bare })).after.totalMs).toBe(116)
    const config = written(`
providers: { beta: { api: openai-chat, baseUrl: "https://beta.example.com/v1" } }
routes: { default: { candidates: [beta/model-b] } }`)
    expect((await reenact(fileOf('failed-over'), { route: config })).after.totalMs).toBe(116)
  })

  it('which is refused where it has no such route, or is none', async () => {
    const other = written(`
providers: { beta: { api: openai-chat, baseUrl: "https://beta.example.com/v1" } }
routes: { other: { candidates: [beta/model-b] } }`)
    await expect(reenact(fileOf('failed-over'), { route: other })).rejects.toThrow(
      'has no route "default"; it has other',
    )
    await expect(
      reenact(fileOf('failed-over'), { route: written('candidates: [beta/model-b]\nretries: 3') }),
    ).rejects.toThrow('retries')
  })
})

it('a circuit’s history is refused', async () => {
  await expect(reenact(fileOf('circuit-build-2'))).rejects.toThrow('generation')
})

it('1,000 recorded runs are read and run again', async () => {
  const names = GENERATIONS.filter(([release]) => release === 'unreleased').map(([, name]) => name)
  const files = names.map(fileOf)
  const beganAt = performance.now()
  const ends: [string, string][] = []
  for (let run = 0; run < 1_000; run++) {
    const { before, after, unknown } = await reenact(files[run % files.length] ?? '')
    if (unknown === null) ends.push([before.outcome, after.outcome])
  }
  process.stdout.write(`1,000 recorded runs re-enacted in ${Math.round(performance.now() - beganAt)} ms\n`)
  const known = names.filter((name) => UNKNOWN[name] === undefined).length
  expect(ends.length).toBeGreaterThanOrEqual(known * Math.floor(1_000 / names.length))
  expect(ends.filter(([before, after]) => before !== after)).toEqual([])
}, 90_000)
