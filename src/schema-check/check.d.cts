import type { JsonObject, JsonValue } from '../domain/request/json'

/** Throws where the schema is none. */
export function compile(schema: JsonObject): void
/** Paths and rules, never values. null: the value satisfies the schema. */
export function faultsOf(schema: JsonObject, value: JsonValue): string | null
