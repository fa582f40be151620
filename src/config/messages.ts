/** zod's issues in words that say what to write. Known names come from the schema itself. */
import type { z } from 'zod'
import { nearest, type Problem, suggest } from './problems'

type RawIssue = z.core.$ZodRawIssue
type Issue = z.core.$ZodIssue

/** Names that people bring from elsewhere, and what to say about them. */
const FOREIGN_KEYS: { [key: string]: string } = {
  apiKey: 'a key never stands in the file: name its environment variable with apiKeyEnv',
  api_key: 'a key never stands in the file: name its environment variable with apiKeyEnv',
  key: 'a key never stands in the file: name its environment variable with apiKeyEnv',
  fallbacks: 'list the models in order under candidates',
  model: 'list the models under candidates, as provider/model',
}

/** The message for an issue of the config file. */
export const issueMessage = (issue: RawIssue): string => messageOf(issue, FOREIGN_KEYS)

/** The same for another file, with its own names that people bring from elsewhere. */
export const issueMessages =
  (foreign: { readonly [key: string]: string }) =>
  (issue: RawIssue): string =>
    messageOf(issue, foreign)

/** The message for an issue whose schema gives none of its own. Several unknown keys: a line each, in order. */
function messageOf(issue: RawIssue, foreign: { readonly [key: string]: string }): string {
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(issue)
      return issue.keys.map((key) => unknownKey(key, known, foreign)).join('\n')
    }
    case 'invalid_value': {
      const values = issue.values.map(String)
      if (issue.input === undefined) return `is missing; write one of: ${values.join(', ')}`
      const match = typeof issue.input === 'string' ? nearest(issue.input, values) : null
      return `write one of: ${values.join(', ')}${match === null ? '' : `; did you mean "${match}"?`}`
    }
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing'
      if (
        issue.expected === 'string' &&
        (typeof issue.input === 'number' || typeof issue.input === 'boolean')
      )
        return `expected text; put it in quotes: "${issue.input}"`
      return `expected ${TYPE_NAMES[issue.expected] ?? issue.expected}, found ${typeName(issue.input)}`
    case 'too_small':
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`
    default:
      return 'is not valid'
  }
}

const TYPE_NAMES: { [type: string]: string } = {
  object: 'a block of fields',
  record: 'a block of fields',
  array: 'a list',
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
}

function typeName(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return TYPE_NAMES[typeof value] ?? typeof value
}

function unknownKey(
  key: string,
  known: readonly string[],
  foreign: { readonly [key: string]: string },
): string {
  const instead = Object.hasOwn(foreign, key) ? foreign[key] : undefined
  return instead === undefined ? `unknown field${suggest(key, known)}` : `unknown field: ${instead}`
}

/** An `unrecognized_keys` issue carries the object schema that it comes from. */
function knownKeys(issue: RawIssue): string[] {
  const def: unknown = issue.inst?._zod.def
  if (typeof def !== 'object' || def === null || !('shape' in def)) return []
  return typeof def.shape === 'object' && def.shape !== null ? Object.keys(def.shape) : []
}

/** Issues as problems: one per unknown key, at that key; of a union, the branch that was meant. */
export function toProblems(issues: readonly Issue[], parent: readonly PropertyKey[] = []): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const path = [...parent, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      const lines = issue.message.split('\n')
      return issue.keys.map((key, index) => ({
        path: [...path, key],
        message: lines[index] ?? issue.message,
      }))
    }
    if (issue.code === 'invalid_union') {
      const meant = issue.errors.find((branch) => branch.length > 0 && branch.every(isInside))
      if (meant !== undefined) return toProblems(meant, path)
    }
    if (issue.code === 'invalid_key') {
      return [{ path, message: issue.issues[0]?.message ?? issue.message }]
    }
    return [{ path, message: issue.message }]
  })
}

/** The value was of this branch's type: what is wrong is within it. */
const isInside = (issue: Issue): boolean => issue.path.length > 0 || issue.code === 'unrecognized_keys'
