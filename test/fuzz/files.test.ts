/**
 * The files that people write: the config and the keys of a gateway's callers. Each is taken, or refused with a ConfigError that
 * says where; whatever it holds, that takes no longer than a person would wait.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { parse } from 'yaml'
import { ConfigError, parseConfig } from '../../src/config'
import { parseKeyFile } from '../../src/gateway/keys/key-file'
import { fuzz, named } from '../helpers/fuzz'
import { byteMutations, jsonMutations, mutatedBytes, mutatedJson } from '../helpers/mutations'

const FOLDER = path.join(__dirname, '../../examples/configs')
const HASH = `sha256:${'a1'.repeat(32)}`
const KEYS = `keys:
  - { id: acme-1, hash: '${HASH}', tenant: acme, scopes: [generate, read], models: [default, openai/*], expires: 2026-12-31 }
  - { id: ops, hash: 'sha256:${'b2'.repeat(32)}', scopes: [operate], note: of the team }
`
const SECRET = 'sk-live-0123456789abcdefghijklmnop'

interface Sample {
  text: string
  read(text: string): object
}
const SAMPLES: Sample[] = [
  ...readdirSync(FOLDER)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) =>
      named(name, {
        text: readFileSync(path.join(FOLDER, name), 'utf8'),
        read: (text: string) => parseConfig(text, 'file.yaml', '/nowhere'),
      }),
    ),
  named('keys', { text: KEYS, read: (text: string) => parseKeyFile(text, 'file.yaml') }),
]

/** Stands in front of a file, or in the place of it. */
const levels = Array.from({ length: 30 }, (_, at) => `l${at + 1}: &l${at + 1} [${`*l${at}, `.repeat(9)}]`)
const TRAPS: { [name: string]: string } = {
  none: '',
  'alias bomb': `l0: &l0 x\n${levels.join('\n')}\n`,
  'merge bomb': `m0: &m0 { a: 1 }\n${Array.from({ length: 30 }, (_, at) => `m${at + 1}: &m${at + 1} { <<: [*m${at}, *m${at}] }`).join('\n')}\n`,
  'an anchor in itself': 'a: &a [*a]\n',
  'an alias of nothing': 'a: *none\n',
  deep: `a: ${'['.repeat(2_000)}${']'.repeat(2_000)}\n`,
  'deep blocks': `${Array.from({ length: 300 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')}\n`,
  proto: '__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }\n',
  'a tag of code': 'a: !!js/function "function () { }"\n',
  binary: 'a: !!binary "////"\n',
  twice: 'routes: {}\nroutes: {}\n',
  documents: '---\na: 1\n---\nb: 1\n',
  'a complex key': '? [a, b]\n: 1\n',
  'a secret': `apiKey: ${SECRET}\n`,
}

const SLOW_MS = 2_000

/** A value, or the one error that a file may have. */
function check({ read }: Sample, text: string): void {
  const began = performance.now()
  try {
    read(text)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.problems.length).toBeGreaterThan(0)
    for (const { message, position } of error.problems) {
      expect(message).not.toBe('')
      expect(message.length).toBeLessThan(100_000)
      if (position === null) continue
      expect(position.line).toBeGreaterThan(0)
      expect(position.line).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/).length)
    }
    expect(error.message).not.toContain(SECRET)
  }
  const tookMs = performance.now() - began
  if (tookMs > SLOW_MS) throw new Error(`It took ${tookMs} ms`)
}

const sample = fc.constantFrom(...SAMPLES)

fuzz(
  'a file whose bytes were changed, with traps in it, is taken or refused with its places',
  fc.record({ sample, trap: fc.constantFrom(...Object.keys(TRAPS)), mutations: byteMutations() }),
  25,
  ({ sample: one, trap, mutations }) =>
    check(one, (TRAPS[trap] ?? '') + mutatedBytes(Buffer.from(one.text), mutations).toString()),
)

fuzz(
  'a file whose values were changed, as JSON, is taken or refused with its places',
  fc.record({ sample, mutations: jsonMutations() }),
  40,
  ({ sample: one, mutations }) => check(one, mutatedJson(parse(one.text), mutations)),
)
