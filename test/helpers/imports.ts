/**
 * Reads what TypeScript files import, and what they do with the world outside, from their syntax trees.
 * `typeOnly` imports leave nothing at run time: they can't do I/O, and make no cycle.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { parseSync } from '@swc/core'

/** Path from the project's root, with `/` -> text. */
export type Sources = ReadonlyMap<string, string>

export interface Import {
  file: string
  specifier: string
  /** A file of the sources, or a package's (`zod`, `node:fs`), or null: a relative path that leads nowhere. */
  target: string | null
  typeOnly: boolean
}

export interface FileFacts {
  imports: Import[]
  /** Names that are read from or called and are no import: `Date.now`, `process.env`, `new Date()`, `fetch()`. */
  uses: string[]
  /** Names at the top of the module that can change: `let`, or an empty `new Map()`. */
  keeps: string[]
}

type Node = { [field: string]: unknown; type?: unknown }

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** All `.ts` files below these folders of the project's root. */
export const readSources = (root: string, folders: readonly string[]): Sources => {
  const sources = new Map<string, string>()
  for (const folder of folders) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })) {
      // A program in plain JavaScript is known by its types.
      if (!entry.isFile() || !/\.(ts|d\.cts)$/.test(entry.name)) continue
      const path = join(entry.parentPath, entry.name)
      sources.set(path.slice(root.length + 1).replaceAll('\\', '/'), readFileSync(path, 'utf8'))
    }
  }
  return sources
}

export const readFacts = (sources: Sources): ReadonlyMap<string, FileFacts> =>
  new Map([...sources].map(([file, text]) => [file, factsOf(file, text, sources)]))

const factsOf = (file: string, text: string, sources: Sources): FileFacts => {
  const facts: FileFacts = { imports: [], uses: [], keeps: [] }
  const add = (specifier: unknown, typeOnly: boolean): void => {
    if (typeof specifier !== 'string') return
    facts.imports.push({ file, specifier, target: resolve(file, specifier, sources), typeOnly })
  }
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const child of node) visit(child)
    } else if (isNode(node)) {
      readImport(node, add)
      const use = useOf(node)
      if (use !== null) facts.uses.push(use)
      for (const child of Object.values(node)) visit(child)
    }
  }
  const { body } = parseSync(text, { syntax: 'typescript' })
  visit(body)
  facts.keeps.push(...body.flatMap(keptBy))
  return facts
}

const keptBy = (statement: unknown): string[] => {
  if (!isNode(statement)) return []
  if (statement.type === 'ExportDeclaration') return keptBy(statement.declaration)
  if (statement.type !== 'VariableDeclaration' || !Array.isArray(statement.declarations)) return []
  return statement.declarations
    .filter(({ init }) => statement.kind !== 'const' || changes(init))
    .map(({ id }) => nameOf(id) ?? '?')
}

const changes = (init: unknown): boolean => {
  if (!isNode(init) || init.type !== 'NewExpression') return false
  return !Array.isArray(init.arguments) || init.arguments.length === 0
}

const literalOf = (literal: unknown): unknown => (isNode(literal) ? literal.value : undefined)
const nameOf = (node: unknown): string | null =>
  isNode(node) && node.type === 'Identifier' && typeof node.value === 'string' ? node.value : null

const readImport = (node: Node, add: (specifier: unknown, typeOnly: boolean) => void): void => {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      add(literalOf(node.source), node.typeOnly === true || onlyTypeSpecifiers(node.specifiers))
      return
    case 'TsImportType':
      add(literalOf(node.argument), true)
      return
    case 'TsExternalModuleReference':
      add(literalOf(node.expression), false)
      return
    case 'CallExpression': {
      const callee = isNode(node.callee) ? node.callee : {}
      const called =
        callee.type === 'Import' || nameOf(callee) === 'require' || nameOf(callee.object) === 'require'
      const [first]: unknown[] = Array.isArray(node.arguments) ? node.arguments : []
      if (called && isNode(first)) add(literalOf(first.expression), false)
      return
    }
  }
}

/** `import { type A, type B }`. A bare `import 'x'` has none, and is there for its effects. */
const onlyTypeSpecifiers = (specifiers: unknown): boolean =>
  Array.isArray(specifiers) &&
  specifiers.length > 0 &&
  specifiers.every((specifier: Node) => specifier.isTypeOnly === true)

const useOf = (node: Node): string | null => {
  if (node.type === 'MemberExpression') {
    const [object, property] = [nameOf(node.object), nameOf(node.property)]
    return object === null ? null : `${object}.${property ?? '?'}`
  }
  if (node.type === 'CallExpression') {
    const name = nameOf(node.callee)
    return name === null ? null : `${name}()`
  }
  if (node.type === 'NewExpression' && nameOf(node.callee) === 'Date') {
    return Array.isArray(node.arguments) && node.arguments.length > 0 ? null : 'new Date()'
  }
  return null
}

const resolve = (file: string, specifier: string, sources: Sources): string | null => {
  if (!specifier.startsWith('.')) return specifier
  const path = posix.join(posix.dirname(file), specifier)
  const found = [path, `${path}.ts`, `${path}/index.ts`, path.replace(/\.cjs$/, '.d.cts')].find((candidate) =>
    sources.has(candidate),
  )
  // package.json and the like are no source, and no rule is about them.
  return found ?? (path.endsWith('.json') ? path : null)
}

/** What a file loads, directly or through others, at run time: files and packages. */
export const reachable = (facts: ReadonlyMap<string, FileFacts>, from: string): ReadonlySet<string> => {
  const seen = new Set<string>()
  const pending = [from]
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    for (const { target, typeOnly } of facts.get(file)?.imports ?? []) {
      if (!typeOnly && target !== null) pending.push(target)
    }
  }
  return seen
}

/** Each import cycle that a walk from some file meets, as the files on it, the first one again at the end. */
export const cycles = (facts: ReadonlyMap<string, FileFacts>): string[][] => {
  const found: string[][] = []
  const done = new Set<string>()
  const walk = (file: string, trail: string[]): void => {
    const start = trail.indexOf(file)
    if (start >= 0) {
      found.push([...trail.slice(start), file])
      return
    }
    if (done.has(file)) return
    for (const { target, typeOnly } of facts.get(file)?.imports ?? []) {
      if (!typeOnly && target !== null && facts.has(target)) walk(target, [...trail, file])
    }
    done.add(file)
  }
  for (const file of facts.keys()) walk(file, [])
  return found
}
