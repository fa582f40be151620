/** The dependency rules and the rooms hold in this tree, and each rule is seen to fail where it is broken. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { breaches } from './helpers/dependency-rules'
import { readSources } from './helpers/imports'
import { isReadForWords, privateWordBreaches } from './helpers/private-words'
import { roomBreaches, roomsOf } from './helpers/rooms'

const FOLDERS = ['src', 'workflows', 'activities']
const sources = readSources(join(__dirname, '..'), FOLDERS)

it('the tree keeps its dependency rules', () => {
  expect(breaches(sources)).toEqual([])
})

it('all of the tree was read', () => {
  expect(sources.size).toBeGreaterThan(50)
  for (const file of [
    'src/http/client.ts',
    'workflows/index.ts',
    'activities/index.ts',
    'src/client/index.ts',
  ]) {
    expect([...sources.keys()]).toContain(file)
  }
})

/** A small tree that keeps them. */
const SOUND: { [file: string]: string } = {
  'src/domain/routing/route.ts': 'export const a = 1; export interface Route { name: string }',
  'src/contract/names.ts':
    "import type { Route } from '../domain/routing/route'; export const b: Route = { name: '' }",
  'src/formats/outbound/index.ts':
    "import { z } from 'zod'; import { a } from '../../domain/routing/route'; export const c = z.literal(a)",
  'src/http/index.ts':
    "import { Agent } from 'undici'; import { pipeline } from 'node:stream'; export const d = [Agent, pipeline]",
  'src/config/index.ts': "import { z } from 'zod'; export const e = z",
  'src/worker/index.ts':
    "import { Worker } from '@temporalio/worker'; import { f } from '../../activities'; import { d } from '../http'; export const g = [Worker, f, d]",
  'src/client/index.ts': "import { e } from '../config'; export const h = e",
  'src/cli/main.ts': "const run = async () => (await import('../worker')).g; export { run }",
  'src/gateway/index.ts': "import { h } from '../client'; export const i = h",
  'activities/index.ts':
    "import { c } from '../src/formats/outbound'; import type { d } from '../src/http'; export const f = c; export type D = typeof d",
  'workflows/index.ts':
    "import { sleep } from '@temporalio/workflow'; import { b } from '../src/contract/names'; import type { f } from '../activities'; export const j = [sleep, b]; export type F = typeof f",
}
const withFiles = (files: { [file: string]: string }): string[] =>
  breaches(new Map(Object.entries({ ...SOUND, ...files })))

it('a tree that keeps them has no breach', () => {
  expect(withFiles({})).toEqual([])
})

describe('a breach is found:', () => {
  it.each<[string, string, string, string]>([
    [
      'domain imports contract',
      'src/domain/x.ts',
      "import { b } from '../contract/names'",
      '1 domain imports only domain',
    ],
    [
      'domain imports a type from outside',
      'src/domain/x.ts',
      "import type { z } from 'zod'",
      '1 domain imports only domain',
    ],
    [
      'domain names a type from outside',
      'src/domain/x.ts',
      "export type X = import('zod').ZodType",
      '1 domain imports only domain',
    ],
    ['domain requires', 'src/domain/x.ts', "const fs = require('fs')", '1 domain imports only domain'],
    ['domain resolves', 'src/domain/x.ts', "require.resolve('zod')", '1 domain imports only domain'],
    [
      'domain imports by assignment',
      'src/domain/x.ts',
      "import fs = require('node:fs')",
      '1 domain imports only domain',
    ],
    ['domain reads the clock', 'src/domain/x.ts', 'export const x = () => Date.now()', '1 domain is pure'],
    [
      'domain makes a date of now',
      'src/domain/x.ts',
      'export const x = () => new Date()',
      '1 domain is pure',
    ],
    ['domain uses random numbers', 'src/domain/x.ts', 'export const x = [Math.random]', '1 domain is pure'],
    [
      'domain reads the environment',
      'src/domain/x.ts',
      "export const x = process.env['A']",
      '1 domain is pure',
    ],
    [
      'domain sets a timer',
      'src/domain/x.ts',
      'export const x = () => setTimeout(() => 1, 1)',
      '1 domain is pure',
    ],
    [
      'a workflow imports config',
      'workflows/x.ts',
      "import { e } from '../src/config'",
      '1 workflows import domain',
    ],
    [
      'a workflow imports a type and a value',
      'workflows/x.ts',
      "import { type E, e } from '../src/config'",
      '1 workflows import domain',
    ],
    ['a workflow imports for effects', 'workflows/x.ts', "import 'node:fs'", '1 workflows import domain'],
    [
      'contract imports config',
      'src/contract/x.ts',
      "export { e } from '../config'",
      '1 contract goes where workflows go',
    ],
    [
      'an activity imports a workflow',
      'activities/x.ts',
      "import type { j } from '../workflows'",
      '1 activities know nothing',
    ],
    [
      'an activity imports the gateway',
      'activities/x.ts',
      "import { i } from '../src/gateway'",
      '1 activities know nothing',
    ],
    [
      'a provider does I/O',
      'src/formats/outbound/x.ts',
      "import { readFileSync } from 'node:fs'",
      '2 providers do no I/O',
    ],
    [
      'a provider imports http',
      'src/formats/outbound/x.ts',
      "export * from '../../http'",
      '2 providers do no I/O',
    ],
    [
      'a dialect reads files',
      'src/formats/inbound/x.ts',
      "import { readFileSync } from 'node:fs'",
      '2 dialects do no I/O',
    ],
    [
      'the simulator imports undici',
      'src/simulator/x.ts',
      "import { Agent } from 'undici'",
      '2 only http imports undici',
    ],
    [
      'the worker imports a type of undici',
      'src/worker/x.ts',
      "import type { Agent } from 'undici'",
      '2 only http imports undici',
    ],
    [
      'the reading of a run imports the connection',
      'src/history/x.ts',
      "import '@temporalio/client'",
      '1 a recorded run is read without',
    ],
    ['circuits import zod', 'src/circuits/x.ts', "import * as z from 'zod/mini'", '2 zod stays at the edges'],
    [
      'the gateway imports circuits',
      'src/gateway/x.ts',
      "import '../circuits/board'",
      '3 gateway, cli and client',
    ],
    [
      'the cli imports activities late',
      'src/cli/x.ts',
      "const x = () => import('../../activities')",
      '3 gateway, cli and client',
    ],
    [
      'the client imports providers',
      'src/client/x.ts',
      "import { c } from '../formats/outbound'",
      '3 gateway, cli and client',
    ],
    [
      'telemetry wires activities',
      'src/telemetry/x.ts',
      "import { f } from '../../activities'",
      '3 only worker wires',
    ],
    ...(['let x = 1', 'export const x = new Map()'] as const).map(
      (text): [string, string, string, string] => [
        `a module of the workflows keeps something: ${text}`,
        'src/contract/x.ts',
        text,
        "1 the workflows' modules keep nothing",
      ],
    ),
    ['an import leads nowhere', 'src/config/x.ts', "import { x } from './gone'", 'an import leads somewhere'],
  ])('%s', (_, file, text, rule) => {
    const board = { 'src/circuits/board.ts': 'export const board = 1' }
    expect(withFiles({ ...board, [file]: text })).toContainEqual(
      expect.stringMatching(`^${rule}.*: ${file} -> `),
    )
  })

  it('the client loads the native worker through another room', () => {
    expect(
      withFiles({
        'src/config/index.ts': "export * from '../temporal/x'",
        'src/temporal/x.ts': "export const x = () => import('@temporalio/worker')",
      }),
    ).toEqual(['3 the client never loads the native worker: src/client/index.ts -> @temporalio/worker'])
  })

  it('zod reaches the workflow bundle through contract and domain', () => {
    expect(
      withFiles({
        'src/contract/names.ts': "export { a as b } from '../domain/routing/route'",
        'src/domain/routing/route.ts': "import { z } from 'zod'; export const a = z",
      }),
    ).toContain('2 zod and Node stay out of the workflow bundle: workflows/index.ts -> zod')
  })

  it('three files import each other in a cycle', () => {
    expect(
      withFiles({
        'src/stores/cache/a.ts': "import { b } from './b'; export const a = b",
        'src/stores/cache/b.ts': "export { c as b } from './c'",
        'src/stores/cache/c.ts': "import { a } from './a'; export const c = a",
      }),
    ).toEqual([
      '4 no import cycles: src/stores/cache/a.ts -> src/stores/cache/b.ts -> src/stores/cache/c.ts -> src/stores/cache/a.ts',
    ])
  })
})

it('two files whose types know each other are no cycle', () => {
  expect(
    withFiles({
      'src/stores/cache/a.ts': "import type { B } from './b'; export interface A { b: B }",
      'src/stores/cache/b.ts': "import { type A } from './a'; export interface B { a: A }",
    }),
  ).toEqual([])
})

const top = join(__dirname, '..')
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: top, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && !file.startsWith('.') && existsSync(join(top, file)))

describe('rooms', () => {
  const guide = readFileSync(join(top, 'CONTRIBUTING.md'), 'utf8')

  it('the tree has the rooms that CONTRIBUTING.md names, and each test is named after a source of its room', () => {
    expect(roomsOf(guide).length).toBeGreaterThan(20)
    expect(roomBreaches(guide, files)).toEqual([])
  })

  it.each([
    ['a folder at the top', 'tools/x.mjs', 'ROOMS-1 a folder that the table does not name: tools'],
    ['a folder in src', 'src/misc/x.ts', 'ROOMS-1 a folder that the table does not name: src/misc'],
    [
      'a folder of tests for no room',
      'test/misc/x.test.ts',
      'ROOMS-2 a folder of tests that no room has the name of: test/misc',
    ],
    [
      'a folder of tests for no folder of a room',
      'test/stores/misc/x.test.ts',
      'ROOMS-2 a folder of tests that no room has the name of: test/stores/misc',
    ],
    [
      'a test named after no source',
      'test/http/socket.test.ts',
      'ROOMS-3 a test named after no source of its room: test/http/socket.test.ts',
    ],
    [
      'a test whose name only begins with the letters of a source',
      'test/http/clients.test.ts',
      'ROOMS-3 a test named after no source of its room: test/http/clients.test.ts',
    ],
    [
      'a test at the top of test/',
      'test/x.test.ts',
      'ROOMS-3 a test named after no source of its room: test/x.test.ts',
    ],
  ])('a breach is found: %s', (_, file, breach) => {
    expect(roomBreaches(guide, [...files, file])).toContain(breach)
  })

  it('a breach is found: a room of the table that does not exist', () => {
    const without = files.filter((file) => !file.startsWith('src/batch/'))
    expect(roomBreaches(guide, without)).toContain('ROOMS-1 a room that does not exist: src/batch/')
  })
})

describe('words', () => {
  const texts = new Map(
    files.filter(isReadForWords).map((file) => [file, readFileSync(join(top, file), 'utf8')]),
  )

  it('no source, test or page has a word that was replaced', () => {
    expect(texts.size).toBeGreaterThan(500)
    expect(privateWordBreaches(texts)).toEqual([])
  })

  it.each([
    ['in a comment', '// The caller is told.', 'told'],
    ['as a part of a name', 'const lastHeardAt = 0', 'heard'],
    ['in a constant', 'const HEARD_FOR_MS = 1', 'heard'],
    ["at the end of a type's name", 'export type ChatAsked = string', 'ChatAsked'],
    ['in an event of a log', "log.debug({ event: 'circuits_unheard' })", 'unheard'],
  ])('one is found %s', (_, text, word) => {
    expect(privateWordBreaches(new Map([...texts, ['src/util/x.ts', text]]))).toEqual([
      `PRIVATE-WORDS-1 a word that is not used: src/util/x.ts: ${word}`,
    ])
  })

  it('an exception that is not needed is found', () => {
    expect(privateWordBreaches(new Map([...texts, ['docs/ai-sdk.md', '']]))).toEqual([
      'PRIVATE-WORDS-2 an exception that is not needed: docs/ai-sdk.md: tell',
    ])
  })
})
