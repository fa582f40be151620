/** What is wrong with a config file, said so that it can be mended: where, which field, what to write. */
import { distance } from 'fastest-levenshtein'
import { maskSecrets } from './secrets'

export type Path = readonly PropertyKey[]

export interface Problem {
  path: Path
  message: string
}

/** Line and column, both from 1. */
export interface Position {
  line: number
  column: number
}

export interface LocatedProblem {
  /** Dotted, e.g. `routes.default.candidates[0]`; empty for the file as a whole. */
  path: string
  message: string
  /** null where the source has no lines: a missing file, or a config written as a program. */
  position: Position | null
}

/** Thrown by the loader, once, with everything that is wrong. Its texts never hold a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: LocatedProblem[]

  constructor(
    readonly file: string,
    problems: readonly LocatedProblem[],
  ) {
    const clean = problems.map((problem) => ({
      ...problem,
      path: maskSecrets(problem.path),
      message: maskSecrets(problem.message.replace(/\s+/g, ' ').trim()),
    }))
    super(clean.map((problem) => formatProblem(file, problem)).join('\n'))
    this.problems = clean
  }
}

function formatProblem(file: string, { path, message, position }: LocatedProblem): string {
  const where = position === null ? file : `${file}:${position.line}:${position.column}`
  return path === '' ? `${where}: ${message}` : `${where}: ${path}: ${message}`
}

/** `['routes', 'a', 'candidates', 0]` -> `routes.a.candidates[0]`; a key that holds dots or slashes is quoted. */
export const formatPath = (path: Path): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const name = String(key)
    if (!/^[\w-]+$/.test(name)) return `${text}["${name}"]`
    return text === '' ? name : `${text}.${name}`
  }, '')

/** The known name that was probably meant; null where none is close. Case doesn't count. */
export function nearest(name: string, known: readonly string[]): string | null {
  const lower = name.toLowerCase()
  const ranked = known
    .map((one) => ({ one, edits: distance(lower, one.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)
  const best = ranked[0]
  const limit = Math.min(Math.max(MIN_EDITS, Math.floor(name.length * EDITS_PER_LETTER)), name.length - 1)
  if (best !== undefined && best.edits <= limit) return best.one
  const begun = (one: string) => name.length >= MIN_PREFIX && one.toLowerCase().startsWith(lower)
  return known.find(begun) ?? null
}

/** Two slips are common (a swap counts as two), in long names more; a name that is all slips is another name. */
const MIN_EDITS = 2
const EDITS_PER_LETTER = 0.4
const MIN_PREFIX = 3

/** `; did you mean "x"?`, or the list of what is known where nothing is close. */
export function suggest(name: string, known: readonly string[]): string {
  const match = nearest(name, known)
  if (match !== null) return `; did you mean "${match}"?`
  return known.length === 0 ? '' : `; known: ${known.join(', ')}`
}

/** Not instanceof: the error may come from another realm, as it does in a test runner. */
export const reasonOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
