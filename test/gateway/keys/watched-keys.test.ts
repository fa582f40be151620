/** WATCHED-KEYS: a changed file of keys comes into force, and a broken one changes nothing. */
import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type ApiKeys, openApiKeys } from '../../../src/gateway'
import { hashOf } from '../../../src/gateway/keys/key-set'
import { appendEntry, newKey } from '../../../src/gateway/keys/new-key'
import { until } from '../../helpers/processes'

interface Line {
  level: 'info' | 'error'
  event: string
  reason?: string
}

let folder: string
let file: string
let lines: Line[]
let failures: number
const opened: ApiKeys[] = []
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-keys-'))
  file = path.join(folder, 'keys.yaml')
  lines = []
  failures = 0
})
afterEach(async () => {
  for (const keys of opened.splice(0)) keys.close()
  await rm(folder, { recursive: true, force: true })
})

async function open(env: { [name: string]: string } = {}): Promise<ApiKeys> {
  const write =
    (level: Line['level']) =>
    (fields: Line): void => {
      lines.push({ ...fields, level })
    }
  const keys = await openApiKeys({
    env: { HOLDFAST_KEYS_FILE: file, ...env },
    logger: { info: write('info'), error: write('error') } as never,
    metrics: {
      keysNotReloaded: () => {
        failures += 1
      },
    },
  })
  opened.push(keys)
  return keys
}

const textOf = (...keys: string[]): string =>
  keys.length === 0
    ? 'keys: []\n'
    : `keys:\n${keys.map((key) => `  - { id: id-${key}, hash: 'sha256:${hashOf(key)}', tenant: acme, scopes: [read] }\n`).join('')}`
const typeOf = (keys: ApiKeys, key: string): string => keys.find({ authorization: `Bearer ${key}` }).type
const inForce = (keys: ApiKeys, key: string, type: string): Promise<unknown> =>
  until(`${key} is ${type}`, async () => typeOf(keys, key) === type, 5_000)

it('a key that is taken out is good for nothing within 2 s, and one that is put in is', async () => {
  await writeFile(file, textOf('a', 'b'))
  const keys = await open()
  const begun = performance.now()
  await writeFile(`${file}.new`, textOf('b', 'c'))
  await rename(`${file}.new`, file)
  await inForce(keys, 'a', 'unknown')
  expect(performance.now() - begun).toBeLessThan(2_000)
  expect([typeOf(keys, 'b'), typeOf(keys, 'c')]).toEqual(['good', 'good'])
  expect(lines).toMatchObject([{ level: 'info', event: 'keys_reloaded' }])
})

it('a swapped link of a folder further up, as Kubernetes does it, is a change', async () => {
  for (const [version, key] of Object.entries({ v1: 'a', v2: 'b' })) {
    await mkdir(path.join(folder, version))
    await writeFile(path.join(folder, version, 'keys.yaml'), textOf(key))
  }
  await symlink('v1', path.join(folder, '..data'))
  await symlink(path.join('..data', 'keys.yaml'), file)
  const keys = await open()
  expect(typeOf(keys, 'a')).toBe('good')
  await symlink('v2', path.join(folder, '..new'))
  await rename(path.join(folder, '..new'), path.join(folder, '..data'))
  await inForce(keys, 'b', 'good')
  expect(typeOf(keys, 'a')).toBe('unknown')
})

it('a broken file, a folder and no file leave the last good keys in force, and say why; a good one ends it', async () => {
  await writeFile(file, textOf('a'))
  const keys = await open()
  const said = (reason: string) =>
    until(
      `the log says: ${reason}`,
      async () => lines.some((line) => line.reason?.includes(reason) === true),
      5_000,
    )
  await writeFile(file, textOf('a', 'b').slice(0, -30))
  await said('keys.yaml:3:')
  await rm(file)
  await said('no such file')
  await mkdir(file)
  await said('is a folder')
  expect(typeOf(keys, 'a')).toBe('good')
  expect(failures).toBe(3)
  expect(lines.every(({ level }) => level === 'error')).toBe(true)
  await rm(file, { recursive: true })
  await writeFile(file, textOf('b'))
  await inForce(keys, 'b', 'good')
  expect(typeOf(keys, 'a')).toBe('unknown')
})

it('a file without keys lets nobody in, and needs a key of everybody', async () => {
  await writeFile(file, textOf('a'))
  const keys = await open()
  await writeFile(file, textOf())
  await inForce(keys, 'a', 'unknown')
  expect(keys.required).toBe(true)
})

it('keys of the environment are good beside the file, which goes before them', async () => {
  await writeFile(file, textOf('a'))
  const keys = await open({ HOLDFAST_API_KEYS: 'globex:a,globex:e', HOLDFAST_OPERATE_KEYS: 'ada:o' })
  expect(keys.find({ 'x-api-key': 'a' })).toMatchObject({ grant: { keyId: 'id-a', tenant: 'acme' } })
  expect(keys.find({ 'x-api-key': 'e' })).toMatchObject({ grant: { tenant: 'globex' } })
  expect(keys.find({ 'x-api-key': 'o' })).toMatchObject({ grant: { operator: 'ada' } })
})

it('a gateway does not start with a file that it can not use', async () => {
  await expect(open()).rejects.toThrow(`${file}: no such file`)
  await writeFile(file, 'keys: [{}]')
  await expect(open()).rejects.toThrow('keys[0].id: is missing')
  await writeFile(file, Buffer.alloc(5 * 1024 * 1024, ' '))
  await expect(open()).rejects.toThrow('it is no file of keys')
  await writeFile(file, textOf('a'))
  if (process.getuid?.() === 0) return
  await chmod(file, 0o000)
  await expect(open()).rejects.toThrow('may not be read by this process')
})

it('an appended key is good, what else stands in the file stays, and the file stays as readable as it was', async () => {
  await writeFile(file, `# of the app\n${textOf('a')}`, { mode: 0o644 })
  const keys = await open()
  const { key, entry } = newKey({ tenant: 'globex', scopes: ['generate'], models: ['default'] })
  expect(key).toMatch(/^hfk_[0-9a-f]{48}$/)
  await appendEntry(file, entry)
  await inForce(keys, key, 'good')
  expect(keys.find({ 'x-api-key': key })).toMatchObject({
    grant: { keyId: entry.id, tenant: 'globex', models: ['default'] },
  })
  const { readFile, stat } = await import('node:fs/promises')
  expect(await readFile(file, 'utf8')).toMatch(/^# of the app\n.*id-a.*globex/s)
  expect((await stat(file)).mode & 0o777).toBe(0o644)
  await expect(appendEntry(file, entry)).rejects.toThrow('stands twice')
})

it.each([
  ['keys.yaml', 'keys: []\n'],
  ['keys.json', '{"keys":[]}'],
  ['new.yaml', null],
])('the first entry comes into %s', async (name, before) => {
  const at = path.join(folder, name)
  if (before !== null) await writeFile(at, before)
  file = at
  const { key, entry } = newKey({ tenant: 'acme', scopes: ['generate', 'read'] })
  await appendEntry(at, entry)
  expect(typeOf(await open(), key)).toBe('good')
})
