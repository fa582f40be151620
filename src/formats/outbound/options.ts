/**
 * Provider options: fields of a provider's own, laid under what the format writes.
 *
 * OPTIONS-1 What the format writes wins, at the top and within objects: the model, its price and its circuit,
 *    the messages and the way the answer comes are not to be changed from below.
 * OPTIONS-2 What would get another model, or several answers of which one is read, is left out.
 */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { compact, merge } from './json'

/** OPTIONS-2 */
const NEVER = { models: undefined, n: undefined, best_of: undefined }

/** `own`: what the format says of streaming; undefined takes an option's word away. */
export const withOptions = (
  body: JsonObject,
  options: JsonObject,
  own: { [name: string]: JsonValue | undefined },
): JsonObject => compact({ ...merge(options, body), ...NEVER, ...own })
