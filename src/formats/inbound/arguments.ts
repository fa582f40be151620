/**
 * Arguments of tool calls in a history, as clients write them -> the object that every provider takes.
 *
 * A model writes arguments that are no JSON, or that its token limit cuts; the client keeps them, for the model is to see
 * its mistake. Most servers refuse the whole conversation for it, for good. So what is no object goes along as it is,
 * under the name that Anthropic's guide uses for it.
 */
import { z } from 'zod'
import { type JsonObject, jsonTextExcess } from '../../domain/request/json'
import { isObject, parseJson } from '../outbound/json'

const NO_JSON = 'INVALID_JSON'

/** An object, or one as JSON text, also where that text was written as a text again. undefined: neither. */
function objectOf(value: unknown): JsonObject | undefined {
  if (isObject(value)) return value
  const inner = typeof value === 'string' ? parseJson(value) : undefined
  return isObject(inner) ? inner : undefined
}

/** A tool without parameters is called with nothing, in many words. */
const saysNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  (typeof value === 'string' && value.trim() === '') ||
  (Array.isArray(value) && value.length === 0)

export const toolArguments = z
  .unknown()
  .optional()
  .transform((given, context): JsonObject => {
    // The body's own bounds don't see into a text.
    const excess = typeof given === 'string' ? jsonTextExcess(given) : null
    if (excess !== null) {
      context.addIssue({ code: 'custom', message: `${excess}, the limit` })
      return z.NEVER
    }
    const parsed = typeof given === 'string' ? parseJson(given) : given
    const value = parsed === undefined ? given : parsed
    if (saysNothing(value)) return {}
    return objectOf(value) ?? { [NO_JSON]: typeof given === 'string' ? given : JSON.stringify(given) }
  })
