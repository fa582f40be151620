/**
 * JSON Schemas of callers. What could hold up this thread is done in another one: a large schema takes seconds to compile,
 * a pattern such as `(a+)+$` takes for ever with the right text.
 */
import type { JsonObject, JsonValue } from '../domain/request/json'
import { compile, faultsOf } from './check.cjs'
import { runInThread, type SchemaVerdict } from './threads'

/** Far more than any honest schema takes with the longest answer. */
export const CHECK_LIMIT_MS = 1_000

/** Compiling so much takes about 20 ms; a thread's round trip 1 ms, its start 60. */
const INLINE_SCHEMA_CHARS = 2_048
const INLINE_VALUE_CHARS = 64 * 1024

const isSmall = (schema: JsonObject): boolean => {
  const text = JSON.stringify(schema)
  return text.length <= INLINE_SCHEMA_CHARS && !/"(pattern|\$ref|\$dynamicRef|uniqueItems)/.test(text)
}

const inline = (work: () => string | null): SchemaVerdict => {
  try {
    return { ok: true, faults: work() }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

/** null: it is a JSON Schema; else why not. Never rejects. `tenant`: whose it is. */
export async function schemaFault(schema: JsonObject, tenant: string | null): Promise<string | null> {
  const verdict = isSmall(schema)
    ? inline(() => {
        compile(schema)
        return null
      })
    : await runInThread({ schema, checks: false }, CHECK_LIMIT_MS, tenant)
  if (verdict === 'too_slow') return `it could not be compiled within ${CHECK_LIMIT_MS} ms`
  return verdict.ok ? null : verdict.reason
}

/** null: the value satisfies the schema; else the faults, without values. Never rejects. `chars`: of the value's text. */
export async function valueFaults(
  schema: JsonObject,
  value: JsonValue,
  chars: number,
  tenant: string | null,
): Promise<string | null> {
  const verdict =
    isSmall(schema) && chars <= INLINE_VALUE_CHARS
      ? inline(() => faultsOf(schema, value))
      : await runInThread({ schema, value, checks: true }, CHECK_LIMIT_MS, tenant)
  if (verdict === 'too_slow') return `it could not be checked against the schema within ${CHECK_LIMIT_MS} ms`
  return verdict.ok ? verdict.faults : verdict.reason
}
