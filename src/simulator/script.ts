/**
 * What a simulated provider does: a list of steps, plain JSON. Each call takes the next step;
 * the last one repeats for ever unless it has `times` (then answers are the default ones again).
 * A step without any fault answers; the keys below combine, e.g. `{ words: 60, latency: '1s', noDone: true }`.
 * In words (step-words.ts): `'429 retry-after 600'`. docs/simulator.md is the reference.
 */
import { distance } from 'fastest-levenshtein'
import { z } from 'zod'
import { HTTP_FAULTS } from './errors'
import { durationSchema, latencySchema } from './latency'
import { BODY_FAULTS, CONNECTION_FAULTS } from './step-faults'
import { stepOfWords } from './step-words'

export const COSMETICS = ['gzip', 'odd_chunks', 'split_utf8', 'crlf', 'comments', 'pings'] as const
export type Cosmetic = (typeof COSMETICS)[number]

const count = z.number().int().min(0)
const text = z.string()
const toolCallSchema = z.strictObject({
  name: text.min(1),
  /** A string is sent as it is, so that arguments can be broken JSON. */
  arguments: z.union([text, z.record(text, z.json())]).default({}),
  id: text.optional(),
})
const usageSchema = z.strictObject({
  inputTokens: count,
  outputTokens: count,
  cachedInputTokens: count.optional(),
  cacheWriteInputTokens: count.optional(),
  longCacheWriteInputTokens: count.optional(),
  reasoningTokens: count.optional(),
})
const afterSchema = z.strictObject({ after: count })

export const stepSchema = z
  .strictObject({
    times: z.number().int().min(1).optional(),
    // What is answered.
    answer: text.optional(),
    words: z.number().int().min(1).max(1_000_000).optional(),
    /** Sealed, the first before the answer's text, the next ones each before the call of the same number (from 0). */
    thoughts: z.array(text).min(1).optional(),
    toolCalls: z.array(toolCallSchema).min(1).optional(),
    finish: z.enum(['stop', 'length', 'tool_calls', 'content_filter']).optional(),
    /** null: none is sent. */
    usage: usageSchema.nullable().optional(),
    model: text.optional(),
    // When.
    /** Before the headers. */
    latency: latencySchema.optional(),
    /** Before each word; an answer that isn't streamed takes the sum. */
    tokenLatency: latencySchema.optional(),
    drip: durationSchema.optional(),
    // An HTTP error, or any body.
    status: z.number().int().min(200).max(599).optional(),
    body: z.json().optional(),
    code: text.nullable().optional(),
    type: text.nullable().optional(),
    param: text.nullable().optional(),
    message: text.optional(),
    retryAfter: z.union([text, z.number().transform(String)]).optional(),
    retryAfterMs: z.number().optional(),
    headers: z.record(text, text).optional(),
    // Faults.
    fault: z.enum([...HTTP_FAULTS, ...CONNECTION_FAULTS, ...BODY_FAULTS]).optional(),
    bytes: z.number().int().min(1).optional(),
    cut: z
      .strictObject({ after: count, how: z.enum(['reset', 'end', 'truncated_chunk']).default('reset') })
      .optional(),
    stall: afterSchema.optional(),
    malformed: afterSchema.optional(),
    /** No end marker. `open`: the socket isn't closed in its place either. */
    noDone: z.union([z.boolean(), z.literal('open')]).optional(),
    errorEvent: z
      .strictObject({ after: count, type: text.optional(), code: text.optional(), message: text.optional() })
      .optional(),
    cosmetics: z.array(z.enum(COSMETICS)).optional(),
  })
  .refine(
    (step) => step.answer === undefined || step.words === undefined,
    'answer and words exclude each other',
  )
  .refine(
    (step) => step.status === undefined || step.status >= 300 || step.body !== undefined,
    'a status below 300 needs a body; leave status out for an ordinary answer',
  )

/** A step as it is written, by its fields. */
export type StepInput = z.input<typeof stepSchema>
/** By its fields, or in words: `429 retry-after 600`. */
export type ScriptStep = StepInput | string
/** A step as it is played: durations in milliseconds. */
export type Step = z.output<typeof stepSchema>
/** Steps by provider (`alpha`) or target (`alpha/model-x`). */
export type Script = { [target: string]: readonly ScriptStep[] }

export class ScriptError extends Error {
  override name = 'ScriptError'
}

const KNOWN_KEYS = Object.keys(stepSchema.shape)

function nearestKey(key: string): string {
  const nearest = [...KNOWN_KEYS].sort((one, other) => distance(one, key) - distance(other, key))[0] ?? ''
  return distance(nearest, key) <= 3 ? `; did you mean "${nearest}"?` : ''
}

function explain(issue: z.core.$ZodIssue): string {
  const where = issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''
  if (issue.code !== 'unrecognized_keys') return where + issue.message
  return where + issue.keys.map((key) => `unknown key "${key}"${nearestKey(key)}`).join(', ')
}

/** Checks the steps of one entry. Throws `ScriptError`, which lists every problem with its step's number. */
export function parseSteps(target: string, steps: unknown): Step[] {
  if (!Array.isArray(steps)) throw new ScriptError(`script of ${target}: a list of steps is needed`)
  const problems: string[] = []
  const parsed = steps.flatMap((step, index) => {
    const written = typeof step === 'string' ? stepOfWords(step) : { ok: true as const, fields: step }
    if (!written.ok) {
      problems.push(`script of ${target}, step ${index + 1}: ${written.message}`)
      return []
    }
    const result = stepSchema.safeParse(written.fields)
    if (result.success) return [result.data]
    problems.push(
      ...result.error.issues.map((issue) => `script of ${target}, step ${index + 1}: ${explain(issue)}`),
    )
    return []
  })
  if (problems.length > 0) throw new ScriptError(problems.join('\n'))
  return parsed
}

/** Checks a whole script. Throws `ScriptError`. */
export function parseScript(script: unknown): Map<string, Step[]> {
  if (typeof script !== 'object' || script === null || Array.isArray(script)) {
    throw new ScriptError('a script is an object: { "provider or provider/model": [steps] }')
  }
  return new Map(Object.entries(script).map(([target, steps]) => [target, parseSteps(target, steps)]))
}
