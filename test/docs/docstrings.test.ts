/** Every field that a caller can write has a docstring, and one that may be left out says what it is then. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync } from '@swc/core'

const TOP = path.resolve(__dirname, '..', '..')

/** Where the types of what a caller writes stand. */
const FILES = [
  'src/ai/options.ts',
  'src/client/running.ts',
  'src/client/types.ts',
  'src/config/override-types.ts',
  'src/contract/generation.ts',
  'src/dev-server/embedded.ts',
  'src/domain/request/request.ts',
  'src/worker/embedded.ts',
  'src/request/prepare.ts',
  'src/request/schemas.ts',
  'src/temporal/options.ts',
  'src/worker/plugin.ts',
  'src/workflow.ts',
]

/** What the package's functions take; the types that these name are found from here. */
const ROOTS = [
  'AttachOptions',
  'ChildRequest',
  'EmbeddedHoldfastOptions',
  'GenerateRequest',
  'HoldfastCallOptions',
  'HoldfastOptions',
  'HoldfastPluginOptions',
  'Override',
  'StreamRequest',
]

type Node = { [field: string]: unknown; type?: unknown }
interface Field {
  name: string
  optional: boolean
  docs: string
}
interface Declaration {
  fields: Field[]
  /** Names of other types. */
  names: Set<string>
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

function visit(value: unknown, see: (node: Node) => void): void {
  if (!isNode(value)) return
  see(value)
  for (const inner of Object.values(value)) visit(inner, see)
}

/** Of a text of TypeScript, by name. */
function declarationsIn(text: string): Map<string, Declaration> {
  const bytes = Buffer.from(text)
  const { body, span } = parseSync(text, { syntax: 'typescript' })
  // Spans go on from what was parsed before; the module's begins at its first token.
  const base = span.start - Buffer.byteLength(text.slice(0, text.length - firstToken(text).length))
  const docsBefore = (start: number): string => {
    const head = bytes.subarray(0, start - base).toString()
    return /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:readonly\s+)?$/.exec(head)?.[1] ?? ''
  }
  const found = new Map<string, Declaration>()
  for (const item of body) {
    const one = item.type === 'ExportDeclaration' ? item.declaration : item
    if (one.type !== 'TsInterfaceDeclaration' && one.type !== 'TsTypeAliasDeclaration') continue
    const declaration: Declaration = { fields: [], names: new Set() }
    visit(one, (node) => {
      if (node.type === 'TsPropertySignature') {
        const { start } = node.span as { start: number }
        const { value: name } = node.key as { value: string }
        declaration.fields.push({ name, optional: node.optional === true, docs: docsBefore(start) })
      }
      if (node.type === 'Identifier') declaration.names.add(String(node.value))
    })
    found.set(one.id.value, declaration)
  }
  return found
}

const firstToken = (text: string): string => text.replace(/^(\s|\/\*[\s\S]*?\*\/|\/\/.*\n)+/, '')

/** What is wrong with the fields of `roots` and of the types that they name. */
function faults(declarations: ReadonlyMap<string, Declaration>, roots: readonly string[]): string[] {
  const seen = new Set<string>()
  const next = [...roots]
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    const declaration = declarations.get(name)
    if (seen.has(name) || declaration === undefined) continue
    seen.add(name)
    next.push(...declaration.names)
  }
  return [...seen].flatMap((type) =>
    (declarations.get(type)?.fields ?? []).flatMap(({ name, optional, docs }) => {
      if (docs.trim() === '') return [`${type}.${name} has no docstring`]
      if (optional && !/\bdefault\b/i.test(docs)) return [`${type}.${name} does not say its default`]
      return []
    }),
  )
}

const all = new Map(FILES.flatMap((file) => [...declarationsIn(readFileSync(path.join(TOP, file), 'utf8'))]))

it('every field that a caller can write is explained', () => {
  for (const root of ROOTS) expect(all.has(root)).toBe(true)
  expect(faults(all, ROOTS)).toEqual([])
})

it('the parts of a request are among them', () => {
  const reached = new Map(all)
  reached.set('ImageUrlPart', { fields: [{ name: 'url', optional: false, docs: '' }], names: new Set() })
  reached.set('Hints', { fields: [{ name: 'fields', optional: true, docs: 'x' }], names: new Set() })
  expect(faults(reached, ['GenerateRequest']).sort()).toEqual([
    'Hints.fields does not say its default',
    'ImageUrlPart.url has no docstring',
  ])
})

it('a field without a docstring is found, wherever it stands', () => {
  const text = `/** Ümläut. */
export interface A extends B { /** One. Default: none. */ a?: C; b: string }
interface B { /** Two. */
  c?: { d: number } }
export type C = { e: string } | 'f'
interface D { g: string }
`
  expect(faults(declarationsIn(text), ['A']).sort()).toEqual([
    'A.b has no docstring',
    'B.c does not say its default',
    'B.d has no docstring',
    'C.e has no docstring',
  ])
})
