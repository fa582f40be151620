/**
 * A step in words: `429 retry-after 600`, `cut after 40 words`, `overloaded x2`. Clauses follow each other in any order;
 * each is a row of CLAUSES.
 */
import { HTTP_FAULTS } from './errors'
import { durationMs } from './latency'
import { BODY_FAULTS, CONNECTION_FAULTS, type Fault } from './step-faults'

/** What the clauses of a step come to: fields of a step as it is written. */
export type StepFields = { [field: string]: unknown }

interface Clause {
  /** As the docs and the error show it. */
  form: string
  pattern: RegExp
  /** null: what it names is not understood. */
  fields(groups: readonly string[]): StepFields | null
}

const DURATION = '(\\d+(?:\\.\\d+)?(?:ms|s|m|h))'

const after =
  (field: string) =>
  ([words = '']: readonly string[]): StepFields => ({ [field]: { after: Number(words) } })

const FAULTS: ReadonlySet<string> = new Set<Fault>([...HTTP_FAULTS, ...CONNECTION_FAULTS, ...BODY_FAULTS])

export const CLAUSES: readonly Clause[] = [
  { form: 'answer TEXT (to the end)', pattern: /^answer (.+)$/, fields: ([answer]) => ({ answer }) },
  { form: 'ok', pattern: /^ok\b/, fields: () => ({}) },
  { form: 'cut after N words', pattern: /^cut after (\d+) words?\b/, fields: after('cut') },
  { form: 'stall after N words', pattern: /^stall after (\d+) words?\b/, fields: after('stall') },
  { form: 'error after N words', pattern: /^error after (\d+) words?\b/, fields: after('errorEvent') },
  { form: 'malformed after N words', pattern: /^malformed after (\d+) words?\b/, fields: after('malformed') },
  { form: 'N words', pattern: /^(\d+) words?\b/, fields: ([words]) => ({ words: Number(words) }) },
  { form: 'xN', pattern: /^x(\d+)\b/, fields: ([times]) => ({ times: Number(times) }) },
  { form: 'in 2s', pattern: new RegExp(`^in ${DURATION}\\b`), fields: ([latency]) => ({ latency }) },
  {
    form: 'retry-after SECONDS or 10m',
    pattern: new RegExp(`^retry-after (?:${DURATION}|(\\d+(?:\\.\\d+)?))(?=[\\s,]|$)`, 'i'),
    fields: ([duration, seconds]) => ({
      retryAfter: seconds ?? String((durationMs(duration ?? '') ?? 0) / 1_000),
    }),
  },
  {
    form: 'a status (429)',
    pattern: /^([3-5]\d\d)(?=[\s,]|$)/,
    fields: ([status]) => ({ status: Number(status) }),
  },
  {
    form: `a fault (${[...FAULTS].join(', ')})`,
    pattern: /^([a-z_]+)(?=[\s,]|$)/,
    fields: ([fault = '']) => (FAULTS.has(fault) ? { fault } : null),
  },
]

/** The fields, or what is wrong with the words. */
export function stepOfWords(
  words: string,
): { ok: true; fields: StepFields } | { ok: false; message: string } {
  let rest = words.trim()
  let fields: StepFields = {}
  if (rest === '') return { ok: false, message: 'no words; for an ordinary answer write "ok"' }
  while (rest !== '') {
    const found = firstClause(rest)
    if (found === null)
      return {
        ok: false,
        message: `"${rest}" is not understood; there are: ${CLAUSES.map(({ form }) => form).join('; ')}`,
      }
    fields = { ...fields, ...found.fields }
    rest = rest.slice(found.length).replace(/^[\s,]+/, '')
  }
  return { ok: true, fields }
}

function firstClause(text: string): { fields: StepFields; length: number } | null {
  for (const { pattern, fields } of CLAUSES) {
    const match = pattern.exec(text)
    const read = match === null ? null : fields(match.slice(1))
    if (match !== null && read !== null) return { fields: read, length: match[0].length }
  }
  return null
}
