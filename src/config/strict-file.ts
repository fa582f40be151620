/**
 * A file that is read strictly: all that is wrong with it, each with line, column and the nearest known name. What the config
 * and the gateway's file of keys have in common.
 */
import type { z } from 'zod'
import { issueMessages, toProblems } from './messages'
import { ConfigError, formatPath, type Path, type Position, type Problem } from './problems'
import { parseYaml } from './yaml-source'

export interface StrictFile<T> {
  schema: z.ZodType<T>
  /** What the schema can't say: what holds between fields. */
  rules(value: T): Problem[]
  /** Names that people bring from elsewhere, and what to say about them. */
  foreignNames: { readonly [name: string]: string }
}

/**
 * YAML or JSON -> what the schema makes of it.
 * @param name of the file, for error texts
 * @throws ConfigError with every problem
 */
export function parseStrict<T>(
  text: string,
  name: string,
  { schema, rules, foreignNames }: StrictFile<T>,
): T {
  const fast = jsonOf(text)
  const source = fast === null ? parseYaml(text) : { ok: true as const, value: fast.value, locate: null }
  if (!source.ok) throw new ConfigError(name, source.problems)
  const parsed = schema.safeParse(source.value ?? {}, { error: issueMessages(foreignNames) })
  const problems = parsed.success ? rules(parsed.data) : toProblems(parsed.error.issues)
  if (parsed.success && problems.length === 0) return parsed.data
  throw problemsError(name, problems, source.locate ?? locatorOf(text))
}

/** Problems with their places in the file, in its order. */
export function problemsError(
  file: string,
  problems: readonly Problem[],
  locate: (path: Path) => Position | null,
): ConfigError {
  const located = problems.map(({ path, message }) => ({
    path: formatPath(path),
    message,
    position: locate(path),
  }))
  return new ConfigError(file, located.sort(byPosition))
}

const byPosition = (a: { position: Position | null }, b: { position: Position | null }): number =>
  (a.position?.line ?? 0) - (b.position?.line ?? 0) || (a.position?.column ?? 0) - (b.position?.column ?? 0)

/**
 * The YAML parser takes a second for 10,000 entries and JSON's takes milliseconds. null: not JSON, or a field stands twice in
 * a block, which JSON.parse does not say and the YAML parser does.
 */
function jsonOf(text: string): { value: unknown } | null {
  if (!/^\s*[{[]/.test(text)) return null
  try {
    const value: unknown = JSON.parse(text)
    return writtenFields(text) === countFields(value) ? { value } : null
  } catch {
    return null
  }
}

/** Texts with a colon behind them. */
function writtenFields(json: string): number {
  let fields = 0
  for (const [, colon] of json.matchAll(/"(?:[^"\\]|\\.)*"\s*(:?)/g)) if (colon === ':') fields += 1
  return fields
}

function countFields(value: unknown): number {
  let fields = 0
  const left: unknown[] = [value]
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (typeof one !== 'object' || one === null) continue
    if (!Array.isArray(one)) fields += Object.keys(one).length
    left.push(...Object.values(one).filter((inner) => inner !== undefined))
  }
  return fields
}

function locatorOf(text: string): (path: Path) => Position | null {
  const source = parseYaml(text)
  return source.ok ? source.locate : () => null
}
