/** Where in a body the object stands that holds the error. */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { namedError } from './error-names'
import { firstText, textIn } from './error-values'
import { isObject } from './json'

/**
 * Of FastAPI's errors the location and the message; never the offending input itself: that could be the prompt
 * (WIRE-FORMAT-4).
 */
const complaints = (items: JsonValue[]): string =>
  items
    .filter(isObject)
    .map(({ loc, msg }) => `${Array.isArray(loc) ? loc.join('.') : ''}: ${textIn(msg) ?? ''}`)
    .join('; ')

/** The object that holds the error, and the one around it. */
export const errorIn = (body: JsonObject): { error: JsonObject; around: JsonObject } | null => {
  const { error, errors, detail, fault, base_resp } = body
  if (isObject(error)) return { error, around: body }
  if (typeof error === 'string' && error !== '')
    return {
      error: { message: error, type: body.error_type ?? body.type ?? null, code: body.code ?? null },
      around: {},
    }
  if (isObject(base_resp))
    return {
      error: { code: base_resp.status_code ?? null, message: base_resp.status_msg ?? '' },
      around: body,
    }
  const first = Array.isArray(errors) ? errors[0] : errors
  if (isObject(first)) return { error: first, around: body }
  if (typeof first === 'string') return { error: { message: first }, around: body }
  if (isObject(fault)) return { error: fault, around: body }
  if (Array.isArray(detail)) return { error: { message: complaints(detail) }, around: body }
  if (isObject(detail)) return errorIn(detail) ?? { error: detail, around: body }
  const message = firstText(body.message, body.detail, body.error_msg, body.Message, body.msg, body.title)
  if (message !== null) return { error: { ...body, message }, around: {} }
  const named = namedError(body)
  return named === null ? null : { error: named, around: body }
}
