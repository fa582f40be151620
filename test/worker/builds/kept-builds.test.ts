/** The code of earlier builds, on disk. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { bareCode, buildIdOf } from '../../../src/worker/builds/build-id'
import { keptBuilds } from '../../../src/worker/builds/kept-builds'

const CODE = 'exports.generation = () => 1'
const ID = buildIdOf(CODE)

let top: string
let folder: string
let releases: string
beforeEach(() => {
  top = mkdtempSync(path.join(tmpdir(), 'holdfast-builds-'))
  folder = path.join(top, 'state', 'builds')
  releases = path.join(top, 'releases')
  mkdirSync(releases)
})
afterEach(() => rmSync(top, { recursive: true, force: true }))

it('what was kept is found, with a source map for the SDK', () => {
  const kept = keptBuilds(releases, folder)
  expect(kept.find(ID)).toBeNull()
  kept.keep(ID, CODE)
  const found = keptBuilds(releases, folder).find(ID) ?? ''
  expect(bareCode(found)).toBe(CODE)
  expect(found).toContain('sourceMappingURL=data:')
})

it('folder and file are for their owner alone', () => {
  keptBuilds(releases, folder).keep(ID, CODE)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(statSync(path.join(folder, `${ID}.js.gz`)).mode & 0o777).toBe(0o600)
})

it("a release's code is found by its build, and not kept once more", () => {
  writeFileSync(path.join(releases, `0.1.0-${ID}.js.gz`), gzipSync(CODE))
  const kept = keptBuilds(releases, folder)
  expect(bareCode(kept.find(ID) ?? '')).toBe(CODE)
  kept.keep(ID, CODE)
  expect(() => readdirSync(folder)).toThrow(/ENOENT/)
})

it('without a folder nothing is written', () => {
  keptBuilds(releases, null).keep(ID, CODE)
  expect(readdirSync(top)).toEqual(['releases'])
})

it.each<[string, (file: string) => void]>([
  ['cut', (file) => writeFileSync(file, readFileSync(file).subarray(0, -4))],
  ['another code', (file) => writeFileSync(file, gzipSync('exports.generation = () => 2'))],
  ['no archive at all', (file) => writeFileSync(file, 'not gzip')],
  ['empty', (file) => writeFileSync(file, '')],
])('a file that is %s is none (KEPT-BUILDS-1), and is written anew', (_, spoil) => {
  const kept = keptBuilds(releases, folder)
  kept.keep(ID, CODE)
  spoil(path.join(folder, `${ID}.js.gz`))
  expect(kept.find(ID)).toBeNull()
  kept.keep(ID, CODE)
  expect(bareCode(kept.find(ID) ?? '')).toBe(CODE)
})

it('pruning removes what is neither needed nor young, and nothing of another name', () => {
  const kept = keptBuilds(releases, folder)
  const codes = ['needed', 'old', 'young'].map((name) => `exports.${name} = 1`)
  for (const code of codes) kept.keep(buildIdOf(code), code)
  const [needed = '', old = '', young = ''] = codes.map(buildIdOf)
  const twoHoursAgo = Date.now() / 1_000 - 7_200
  for (const one of [needed, old]) utimesSync(path.join(folder, `${one}.js.gz`), twoHoursAgo, twoHoursAgo)
  const foreign = path.join(folder, 'notes.txt')
  writeFileSync(foreign, 'mine')
  utimesSync(foreign, twoHoursAgo, twoHoursAgo)
  kept.prune(new Set([needed]))
  expect(readdirSync(folder).sort()).toEqual([`${needed}.js.gz`, `${young}.js.gz`, 'notes.txt'].sort())
})
