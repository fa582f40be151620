/** A client's fields that change nothing of the answer: whether this API takes them, and what is left out. */
import type { JsonObject } from '../domain/json'
import type { Params } from '../domain/request'
import type { Api, EncodeInput } from './wire-format'

export interface Hinted {
  /** Laid under the body. */
  fields: JsonObject
  headers: { [name: string]: string }
  leftOut: string[]
}

/** `dropped`: parameters that `unsupportedParams: drop` has left out. */
export function hintsOf(
  { native, request }: Pick<EncodeInput, 'native' | 'request'>,
  api: Api,
  sent: Params,
): Hinted {
  const { hints, ...params } = request.params ?? {}
  const dropped = Object.entries(params)
    .filter(([name, value]) => value !== undefined && sent[name as keyof Params] === undefined)
    .map(([name]) => name)
  if (hints === undefined) return { fields: {}, headers: {}, leftOut: dropped }
  if (native && hints.api === api)
    return { fields: hints.fields, headers: hints.headers ?? {}, leftOut: dropped }
  return {
    fields: {},
    headers: {},
    leftOut: [...dropped, ...Object.keys(hints.fields), ...Object.keys(hints.headers ?? {})],
  }
}
