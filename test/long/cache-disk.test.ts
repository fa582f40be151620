/** The disk store among processes that write, die and leave things behind. DISK-1 to DISK-4: src/stores/cache/disk.ts. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { diskBlobs } from '../../src/stores/cache/disk'
import { storeOver } from '../../src/stores/cache/store'
import type { CacheStore, Trouble } from '../../src/stores/cache/types'
import { entryOf, HOUR, keyOf } from '../helpers/cache'
import { type Program, runProgram, until } from '../helpers/processes'

const MB = 1024 * 1024
let folder: string
let troubles: Trouble[]
let clock: number | null
const programs: Program[] = []

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-cache-'))
  troubles = []
  clock = null
})
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.kill()))
  rmSync(folder, { recursive: true, force: true })
})

/** What a temporary file has in its name. */
const OLD = `${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}`

/** Keys whose files are in this folder. */
function keysIn(prefix: string, count: number): string[] {
  const keys: string[] = []
  for (let at = 0; keys.length < count; at += 1)
    if (keyOf(`k${at}`).startsWith(prefix)) keys.push(keyOf(`k${at}`))
  return keys
}

const now = () => clock ?? Date.now()
function open(maxBytes = 64 * MB): CacheStore {
  const deps = { now, onTrouble: (trouble: Trouble) => troubles.push(trouble) }
  return storeOver(diskBlobs(folder, maxBytes, deps), deps)
}
function run(args: object): Program {
  const program = runProgram('cache-writer.ts', [JSON.stringify({ folder, maxBytes: 64 * MB, ...args })])
  programs.push(program)
  return program
}
const fileOf = (name: string | number, ending = ''): string =>
  path.join(folder, keyOf(name).slice(0, 2), `${keyOf(name)}${ending}`)
const files = (): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [entry.name] : [],
  )

describe('two processes that write the same keys', () => {
  it('one killed with SIGKILL in mid-write: every entry is whole, before and after (DISK-1)', async () => {
    const KEYS = 20
    const [a, b] = [
      run({ name: 'a', keys: KEYS, chars: 200_000 }),
      run({ name: 'b', keys: KEYS, chars: 200_000 }),
    ]
    await Promise.all([a.firstLine, b.firstLine])
    const store = open()
    const whole = async () => {
      const entries = await Promise.all(Array.from({ length: KEYS }, (_, key) => store.get(keyOf(key))))
      return entries.filter((entry) => /^([ab]) \d+ \d+ \1+$/.test(entry?.answer.text ?? '')).length
    }
    for (let round = 0; round < 5; round += 1) expect(await whole()).toBe(KEYS)
    await a.kill('SIGKILL')
    for (let round = 0; round < 5; round += 1) expect(await whole()).toBe(KEYS)
    await b.kill('SIGKILL')
    expect(await whole()).toBe(KEYS)
    expect(troubles).toEqual([])
    await store.put(keyOf(0), entryOf('mine', now()))
    expect((await store.get(keyOf(0)))?.answer.text).toBe('mine')
  })

  it('keep to the bytes together, and what they leave is brought within them (DISK-3)', async () => {
    const limit = 8 * MB
    const pair = ['a', 'b'].map((name) => run({ name, keys: 2_000, chars: 20_000, maxBytes: limit }))
    await Promise.all(pair.map(({ firstLine }) => firstLine))
    await Promise.all(pair.map((program) => program.kill()))
    const store = open(limit)
    // They wrote ten times as much, as fast as they could; a check of the folder takes a while.
    expect((await store.stats()).bytes).toBeLessThan(2 * limit)
    await store.put(keyOf('one more'), entryOf('x', now()))
    await store.close()
    expect((await store.stats()).bytes).toBeLessThanOrEqual(limit)
    expect((await store.stats()).bytes).toBeGreaterThan(limit / 2)
    expect(troubles).toEqual([])
  })

  it('claim: each key has one winner', async () => {
    const claimAt = Date.now() + 1_500
    const four = [1, 2, 3, 4].map(() => run({ keys: 200, claimAt }))
    const claims = (await Promise.all(four.map(({ firstLine }) => firstLine))) as boolean[][]
    const winners = Array.from({ length: 200 }, (_, key) => claims.filter((of) => of[key] === true).length)
    expect(winners).toEqual(Array.from({ length: 200 }, () => 1))
  })

  it('renew a claim that has run out: each key has one winner', async () => {
    const store = open()
    await Promise.all(Array.from({ length: 200 }, (_, key) => store.claim(keyOf(key), 1)))
    const longAgo = new Date(Date.now() - HOUR)
    for (let key = 0; key < 200; key += 1) utimesSync(fileOf(key, '.claim'), longAgo, longAgo)
    const claimAt = Date.now() + 1_500
    const four = [1, 2, 3, 4].map(() => run({ keys: 200, claimAt }))
    const claims = (await Promise.all(four.map(({ firstLine }) => firstLine))) as boolean[][]
    const winners = Array.from({ length: 200 }, (_, key) => claims.filter((of) => of[key] === true).length)
    expect(winners).toEqual(Array.from({ length: 200 }, () => 1))
    expect(files().filter((name) => name.endsWith('.steal'))).toEqual([])
  })
})

describe('clearing away', () => {
  /** The folder is checked with the first write of a store, and the check ends before it is closed. */
  const readAll = async () => {
    const store = open()
    await store.put(keyOf('the latest'), entryOf('x', now()))
    await store.close()
  }

  it('takes what has expired, and leaves the rest', async () => {
    const start = Date.now()
    const store = open()
    await store.put(keyOf('short'), entryOf('x', start, { staleUntil: start + HOUR }))
    await store.put(keyOf('long'), entryOf('x', start))
    await store.close()
    clock = start + 2 * HOUR
    await readAll()
    expect(existsSync(fileOf('short'))).toBe(false)
    expect(existsSync(fileOf('long'))).toBe(true)
  })

  it('takes what expires soonest when it has to make room', async () => {
    const limit = 4 * MB
    const start = Date.now()
    const store = open(limit)
    // In an order that is neither the one nor the other.
    const hours = Array.from({ length: 16 }, (_, index) => ((index * 7) % 16) + 1)
    for (const hour of hours)
      await store.put(keyOf(hour), entryOf('x'.repeat(MB / 4), start, { staleUntil: start + hour * HOUR }))
    await store.close()
    const again = open(limit)
    await again.put(keyOf('the latest'), entryOf('x', start))
    await again.close()
    const left = hours.filter((hour) => existsSync(fileOf(hour))).sort((a, b) => a - b)
    expect(left).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
  })

  it('checks the folder again after writes of another process', async () => {
    const limit = 4 * MB
    const before = open()
    // So many that a check takes longer than the writes that follow.
    for (let at = 0; at < 3_000; at += 100)
      await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          before.put(keyOf(at + index), entryOf('x'.repeat(800), now())),
        ),
      )
    await before.close()
    const [first = '', second = ''] = readdirSync(folder)
    const mark = path.join(folder, second, `${second.padEnd(64, '0')}.${OLD}.tmp`)
    writeFileSync(mark, 'it goes when the check is there')
    clock = Date.now() + 11 * 60_000
    const store = open(limit)
    await store.put(keyOf('the first'), entryOf('x', now()))
    await until('the check is past the first folder', () => !existsSync(mark))
    await Promise.all(keysIn(first, 8).map((key) => store.put(key, entryOf('x'.repeat(500_000), now()))))
    await store.close()
    expect((await store.stats()).bytes).toBeLessThanOrEqual(limit)
  })

  it('takes what a killed process has left, once it is old enough', async () => {
    const tmp = `.${OLD}.tmp`
    mkdirSync(path.dirname(fileOf('a')), { recursive: true })
    for (const ending of [tmp, '.steal', '.claim']) writeFileSync(fileOf('a', ending), 'x')
    await readAll()
    expect(files()).toHaveLength(4)
    clock = Date.now() + 11 * 60_000
    await readAll()
    expect(files().sort()).toEqual([`${keyOf('a')}.claim`, keyOf('the latest')].sort())
    clock = Date.now() + 25 * HOUR
    await readAll()
    expect(files()).toEqual([keyOf('the latest')])
  })

  it('and purging touch no file that is not of the store (DISK-4)', async () => {
    const strangers = [
      'README',
      'ab/notes.txt',
      `ab/${keyOf('a')}x`,
      `zz/${keyOf('a')}`,
      `00/deep/${keyOf('a')}`,
    ]
    strangers.push(path.join(keyOf('a').startsWith('00') ? '01' : '00', keyOf('a')))
    for (const name of strangers) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
      writeFileSync(path.join(folder, name), 'mine')
    }
    clock = Date.now() + 100 * 24 * HOUR
    await readAll()
    expect(await open().purge()).toBe(1)
    expect(strangers.filter((name) => !existsSync(path.join(folder, name)))).toEqual([])
  })

  it('that fails is logged, and stops no write', async () => {
    writeFileSync(path.join(folder, '00'), 'a file where a folder should be')
    const store = open()
    await store.put(keyOf('b'), entryOf('x', now()))
    await store.close()
    expect(troubles).toMatchObject([{ kind: 'cleanup_failed', error: { code: 'ENOTDIR' } }])
    expect((await store.get(keyOf('b')))?.answer.text).toBe('x')
  })
})

it('an entry is for the eyes of its owner alone', async () => {
  const deep = path.join(folder, 'not', 'there', 'yet')
  const deps = { now, onTrouble: () => undefined }
  await storeOver(diskBlobs(deep, MB, deps), deps).put(keyOf('a'), entryOf('x', now()))
  const file = path.join(deep, keyOf('a').slice(0, 2), keyOf('a'))
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700)
  expect(statSync(deep).mode & 0o777).toBe(0o700)
})

it('nothing is made or read before the first use', async () => {
  rmSync(folder, { recursive: true })
  const store = open()
  expect(await store.get(keyOf('a'))).toBeNull()
  expect(await store.stats()).toMatchObject({ entries: 0, bytes: 0 })
  expect(await store.purge()).toBe(0)
  expect(existsSync(folder)).toBe(false)
  await store.close()
})

it('a folder that disappears in between comes back with the next write', async () => {
  const store = open()
  await store.put(keyOf('a'), entryOf('x', now()))
  await store.close()
  rmSync(folder, { recursive: true })
  expect(await store.get(keyOf('a'))).toBeNull()
  await store.put(keyOf('a'), entryOf('y', now()))
  expect((await store.get(keyOf('a')))?.answer.text).toBe('y')
})
