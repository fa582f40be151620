/** JSON Schemas with the type of their answers. Only types: nothing of it is left at run time. */
import type { JsonObject, JsonValue } from '../domain/request/json'

declare const ANSWER: unique symbol

/** A JSON Schema whose answers are of type `T`. */
export type TypedSchema<T> = JsonObject & { readonly [ANSWER]: T }

/** What an answer that was checked against a JSON Schema is: `T` where it was given, else any JSON. */
export type AnswerOf<S> = S extends TypedSchema<infer T> ? T : JsonValue

/** Says that `schema` describes `T`: `generate({ schema: jsonSchema<Ticket>({ … }) })` has a `Ticket` as `output`. */
export const jsonSchema = <T>(schema: JsonObject): TypedSchema<T> => schema as TypedSchema<T>
