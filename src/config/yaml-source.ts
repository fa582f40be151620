/** YAML (and so JSON) with the place of everything in it, for error texts. */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { type LocatedProblem, type Path, type Position, reasonOf } from './problems'

/** A hundred uses of anchors are plenty for a config. */
const MAX_ALIASES = 100

export type Source =
  | { ok: true; value: unknown; locate(path: Path): Position | null }
  | { ok: false; problems: LocatedProblem[] }

/** The text of a file -> its value, or its syntax errors (duplicate keys are among them). */
export function parseYaml(text: string): Source {
  const lines = new LineCounter()
  // prettyErrors would put an excerpt of the file, and so perhaps a key, into the message.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    // A map as a key, as braces that a template left make one, is shown by its text in a warning of the process.
    logLevel: 'error',
  })
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      path: '',
      message: SYNTAX[error.code] ?? `not valid YAML: ${error.message}`,
      position: at(error.pos[0]),
    }))
    return { ok: false, problems }
  }
  const value = toPlain(document)
  if (!value.ok) return { ok: false, problems: [{ path: '', message: value.message, position: null }] }
  const root = document.contents
  const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)
  return {
    ok: true,
    value: value.value,
    locate: (path) => {
      const node = nodeAt(root, path, resolve)
      return node?.range == null ? null : at(node.range[0])
    },
  }
}

/** The library throws on an alias without its anchor, and on a file that would unfold into millions of values. */
function toPlain(document: Document): { ok: true; value: unknown } | { ok: false; message: string } {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: MAX_ALIASES }) }
  } catch (error) {
    return { ok: false, message: `not valid YAML: ${reasonOf(error)}` }
  }
}

const SYNTAX: { [code: string]: string } = {
  DUPLICATE_KEY: 'this field stands twice in its block',
  TAB_AS_INDENT: 'a tab; YAML is indented with spaces',
  MULTIPLE_DOCS: 'a second document (---); a config is one document',
}

/** The key or list item at `path`, or the nearest thing around it that stands in the file. */
function nodeAt(root: unknown, path: Path, resolve: (node: unknown) => unknown): Node | null {
  let located: Node | null = isMap(root) || isSeq(root) || isScalar(root) ? root : null
  let current = resolve(root)
  for (const key of path) {
    if (isMap(current)) {
      const pair = current.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      if (pair === undefined || !isScalar(pair.key)) return located
      located = pair.key
      current = resolve(pair.value)
    } else if (isSeq(current) && typeof key === 'number') {
      const item = current.items[key]
      if (!isMap(item) && !isSeq(item) && !isScalar(item) && !isAlias(item)) return located
      located = item
      current = resolve(item)
    } else return located
  }
  return located
}
