// biome-ignore-all lint/suspicious/noTemplateCurlyInString: config files write ${ENV}
/** `holdfast cache`, on a real folder and a real Redis. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createProgram } from '../../src/cli/program'
import type { CacheSettings } from '../../src/config'
import { openStore } from '../../src/stores/cache'
import { answerOf, entryOf, keyOf } from '../helpers/cache'
import { describeRedis, startRedis } from '../helpers/redis'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-cache-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
  process.exitCode = undefined
})

const settings = (): CacheSettings => ({
  store: 'disk',
  path: path.join(folder, 'cache'),
  maxBytes: 256 * 1024 ** 2,
})

function configFile(block: string): string {
  const file = path.join(folder, 'holdfast.yaml')
  writeFileSync(file, `cache: ${block}\n`)
  return file
}

async function run(args: string[], block = JSON.stringify(settings())) {
  const written: string[] = []
  const write = jest
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => written.push(String(text)) > 0)
  try {
    const program = await createProgram()
    for (const command of [program, ...program.commands])
      command.exitOverride().configureOutput({ writeErr: () => undefined })
    await program.parseAsync(['cache', ...args, '--config', configFile(block)], { from: 'user' })
    return { stdout: written.join(''), exitCode: process.exitCode ?? 0 }
  } finally {
    write.mockRestore()
    process.exitCode = undefined
  }
}

async function fill(names: string[], into: CacheSettings = settings()): Promise<void> {
  const store = await openStore(into, { env: {}, now: Date.now, onTrouble: () => undefined })
  for (const name of names) await store.put(keyOf(name), entryOf(name, Date.now()))
  await store.close()
}

it('shows the size of a cache, also of one that was never used', async () => {
  expect((await run([])).stdout).toContain('Entries: 0\nBytes: 0 of 256MB\n')
  await fill(['one', 'two'])
  expect((await run(['stats'])).stdout).toMatch(/^Store: disk, .*cache\nEntries: 2\nBytes: \d+ of 256MB\n$/)
  expect(JSON.parse((await run(['stats', '--json'])).stdout)).toMatchObject({ store: 'disk', entries: 2 })
})

it('reads the folder of `up --data`', async () => {
  await fill(['one'])
  const { stdout } = await run(['stats', '--data', folder], '{ maxBytes: 8MB }')
  expect(stdout).toContain(`Store: disk, ${path.join(folder, 'cache')}\nEntries: 1\n`)
})

it('shows one entry: target, age, until when, and the answer', async () => {
  await fill(['one'])
  const { stdout, exitCode } = await run(['get', keyOf('one')])
  expect(stdout).toMatch(/^Target: alpha\/m\nAge: \S+\nFresh until: 20.*Z\nKept until: 20.*Z\n\none\n$/)
  expect(exitCode).toBe(0)
  const json = JSON.parse((await run(['get', keyOf('one'), '--json'])).stdout)
  expect(json).toMatchObject({ target: 'alpha/m', answer: answerOf('one') })
})

it('ends with 1 where there is none', async () => {
  expect(await run(['get', keyOf('one')])).toEqual({ stdout: 'Not in the cache\n', exitCode: 1 })
  expect(await run(['get', keyOf('one'), '--json'])).toEqual({ stdout: 'null\n', exitCode: 1 })
})

it('purges one, or all, and says how many went', async () => {
  await fill(['one', 'two', 'three'])
  expect((await run(['purge', keyOf('one')])).stdout).toBe('1 entry removed\n')
  expect((await run(['purge', keyOf('one')])).stdout).toBe('0 entries removed\n')
  expect(JSON.parse((await run(['purge', '--all', '--json'])).stdout)).toEqual({ purged: 2 })
  expect((await run(['stats'])).stdout).toContain('Entries: 0')
})

it.each([
  [['purge'], 'Say what to purge'],
  [['purge', keyOf('one'), '--all'], 'Say what to purge'],
  [['get'], 'Which key?'],
  [['get', '../../etc/passwd'], 'A cache key has 64 hex digits'],
  [['stats', keyOf('one')], 'stats takes no key'],
  [['stats', '--all'], '--all belongs to purge'],
  [['empty'], "'empty' is invalid"],
])('%j is refused, and nothing is removed', async (args, message) => {
  await fill(['one'])
  await expect(run(args)).rejects.toThrow(message)
  expect((await run(['stats'])).stdout).toContain('Entries: 1')
})

it('says that the memory of a worker can not be seen from here', async () => {
  await expect(run(['stats'], '{ store: memory }')).rejects.toThrow('inside each worker')
})

it('says what is missing, and that Redis is out of reach: no miss', async () => {
  await expect(run(['stats'], '{ store: redis, url: "${NOT_SET_URL}" }')).rejects.toThrow(
    'NOT_SET_URL, which is not set',
  )
  await expect(run(['get', keyOf('a')], '{ store: redis, url: "redis://127.0.0.1:9" }')).rejects.toThrow(
    "Redis can't be reached (ECONNREFUSED)",
  )
})

describeRedis('holdfast cache with Redis', () => {
  it('shows the size, shows an entry, and purges', async () => {
    const server = await startRedis()
    const redis: CacheSettings = { store: 'redis', url: server.url }
    try {
      await fill(['one', 'two'], redis)
      const onRedis = (...args: string[]) => run(args, JSON.stringify(redis))
      expect((await onRedis()).stdout).toMatch(/^Store: redis\nEntries: 2\nBytes: \d+\n$/)
      expect((await onRedis('get', keyOf('two'))).stdout).toContain('\ntwo\n')
      expect((await onRedis('purge', '--all')).stdout).toBe('2 entries removed\n')
    } finally {
      await server.close()
    }
  })
})
