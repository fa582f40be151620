/** The small schemas that the file's fields are made of: they say what to write where the value is wrong. */
import { z } from 'zod'
import { BYTES_PATTERN, parseBytes } from './bytes'
import { DURATION_PATTERN, PERCENT_PATTERN, parseDuration, parsePercent } from './duration'
import { looksSecret } from './secrets'

const asText = (value: unknown): string => (typeof value === 'number' ? String(value) : '1')

/** `10s` -> 10000. Zero only where `allowZero` says so. */
export const duration = (options: { allowZero?: boolean; atMostMs?: number } = {}) =>
  z
    .string({
      error: ({ input }) =>
        input === undefined
          ? 'is missing'
          : `a duration has a unit: write "${asText(input)}s" or "${asText(input)}ms" (ms, s, m, h, d)`,
    })
    .regex(DURATION_PATTERN, { error: 'not a duration: write it like 250ms, 1.5s, 5m, 24h or 7d' })
    .transform((text, context) => {
      const ms = parseDuration(text)
      if (ms === null) context.addIssue('too long')
      else if (ms === 0 && options.allowZero !== true) context.addIssue('must be more than 0')
      else if (options.atMostMs !== undefined && ms > options.atMostMs)
        context.addIssue(`must be at most ${options.atMostMs / 3_600_000}h`)
      return ms ?? 0
    })

/** `10%` -> 0.1. */
export const percent = () =>
  z
    .string({ error: ({ input }) => `a share is written with its sign: "${asText(input)}%"` })
    .regex(PERCENT_PATTERN, { error: 'not a share: write it like 10%' })
    .transform((text, context) => {
      const share = parsePercent(text)
      if (share === null || share === 0) context.addIssue('must be more than 0% and at most 100%')
      return share ?? 0
    })

const NO_DAY = 'not a day: write it like 2026-12-11'

/** A day of the calendar, `2026-12-11`. */
export const day = () =>
  z
    .string({ error: NO_DAY })
    .regex(/^\d{4}-\d{2}-\d{2}$/, { error: NO_DAY })
    .refine((text) => new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true, { error: NO_DAY })

const NO_SIZE = 'not a size: write it like 256MB or 1GB (KB, MB, GB), or as a number of bytes'

/** `256MB` -> 268435456; a number is bytes. `atLeast` is written the same way. */
export const bytes = (options: { atLeast: string }) =>
  z
    .union([z.number(), z.string().regex(BYTES_PATTERN, { error: NO_SIZE })], { error: NO_SIZE })
    .transform((size, context) => {
      const parsed = typeof size === 'number' ? size : parseBytes(size)
      if (parsed === null || !Number.isSafeInteger(parsed))
        context.addIssue('not a whole number, or too large')
      else if (parsed < (parseBytes(options.atLeast) ?? 0))
        context.addIssue(`must be at least ${options.atLeast}`)
      return parsed ?? 0
    })

/** The name of an environment variable. The value is never repeated: it may be a key put in the wrong place. */
export const envName = () =>
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
      error:
        'not the name of an environment variable (letters, digits, _); a key itself never stands in the file',
    })
    .refine((text) => !looksSecret(text), {
      error: 'looks like a key; write the name of the environment variable that holds it',
    })

/**
 * Of routes and targets, which stand in search attributes. Temporal on SQL keeps a keyword in 255 characters,
 * and a run whose attribute is refused hangs instead of ending.
 */
export const MAX_NAME_CHARS = 255

const inAnAttribute = (text: string): boolean => text.length <= MAX_NAME_CHARS
const TOO_LONG = `too long: at most ${MAX_NAME_CHARS} characters`

/** Of providers and routes: no slash, so that a route is never taken for a target. */
export const name = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, {
      error: 'not a name: letters, digits, dot, dash and underscore, a letter or digit first',
    })
    .refine(inAnAttribute, TOO_LONG)

export const target = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\/\S+$/, { error: 'not a target: write provider/model' })
    .refine(inAnAttribute, TOO_LONG)

/** HTTP header names are RFC 9110 tokens; a value has no line breaks. */
export const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
export const headers = () =>
  z.record(
    z.string().regex(HEADER_NAME, { error: 'not a header name' }),
    z.string().regex(/^[^\r\n]*$/, { error: 'a header has no line breaks' }),
  )

/** How many there are: a whole number from 1. */
export const count = () => z.int().min(1)

/** US dollars per million tokens. */
export const price = () => z.number().min(0)
