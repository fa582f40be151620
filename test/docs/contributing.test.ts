/**
 * CONTRIBUTING.md's lists of places: every file that names all members of a kind is listed, and no other. Its table of
 * changes: every file is there.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { COMMAND_NAMES } from '../../src/cli/program'
import { SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/search-attributes'
import { FAILURE_CLASSES } from '../../src/domain/failures/failure'
import { APIS } from '../../src/formats/outbound/wire-format'

const TOP = path.join(__dirname, '..', '..')
const guide = readFileSync(path.join(TOP, 'CONTRIBUTING.md'), 'utf8')

const KINDS: { [heading: string]: readonly string[] } = {
  'A wire format of providers': APIS,
  "A dialect of the gateway's clients": ['/v1/chat/completions', '/v1/messages'],
  'A cache store': ['memory', 'disk', 'redis'],
  'A failure class': FAILURE_CLASSES,
  'A CLI command': COMMAND_NAMES,
  'A search attribute': SEARCH_ATTRIBUTE_NAMES,
}

/** Files that are generated, describe the past, or check. */
const ELSEWHERE = /^(test|bench|docs\/decisions)\/|^(CHANGELOG|CONTRIBUTING)\.md$|^package-lock\.json$/

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: TOP, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(ts|md|json|ya?ml|sh|cjs|mjs)$/.test(file) && !ELSEWHERE.test(file))
  .filter((file) => existsSync(path.join(TOP, file)))
const texts = new Map(files.map((file) => [file, readFileSync(path.join(TOP, file), 'utf8')]))

const names = (text: string, member: string): boolean =>
  new RegExp(`(?<![\\w-])${member.replace(/[/.]/g, '\\$&')}(?![\\w-])`).test(text)

const listed = (heading: string): string[] => {
  const section = guide.split(`### ${heading}\n`)[1]?.split('\n### ')[0] ?? ''
  return [...section.matchAll(/^- `([^`]+)`/gm)].map(([, file]) => file ?? '')
}

it.each(Object.entries(KINDS))('%s: the places are those that are listed', (heading, members) => {
  expect(members.length).toBeGreaterThan(1)
  const found = [...texts].filter(([, text]) => members.every((member) => names(text, member)))
  expect(found.map(([file]) => file).sort()).toEqual(listed(heading).sort())
})

it('every path that the guide names is there', () => {
  const named = [...guide.matchAll(/`((?:src|test|activities|workflows|docs|deploy|examples)\/[^`]*)`/g)]
  const missing = named
    .map(([, name]) => (name ?? '').replace(/(NAME|<room>)\/$/, ''))
    .filter((name) => !existsSync(path.join(TOP, name)))
  expect(missing).toEqual([])
})

it('each kind of change begins in one file, or in two, that are there', () => {
  const section = guide.split('## Where a change goes\n')[1]?.split('\n## ')[0] ?? ''
  const rows = [...section.matchAll(/^\| ([^|]+) \| (`[^|]+) \|$/gm)].map(([, change, places = '']) => ({
    change,
    places: [...places.matchAll(/`([^`]*\/[^`]*)`/g)].map(([, file]) => file ?? ''),
  }))
  expect(rows.length).toBeGreaterThan(10)
  const isFile = (name: string): boolean =>
    existsSync(path.join(TOP, name)) && statSync(path.join(TOP, name)).isFile()
  const wrong = rows.filter(({ places }) => places.length < 1 || places.length > 2 || !places.every(isFile))
  expect(wrong).toEqual([])
})
