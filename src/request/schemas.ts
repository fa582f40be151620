/**
 * Schemas as callers give them (zod or JSON Schema), what goes over the wire (JSON Schema), and what comes
 * back (the schema's own type).
 */
import { z } from 'zod'
import { invalidRequest } from '../contract/errors'
import type { AnswerOf } from '../contract/typed-schema'
import type { JsonObject, JsonValue } from '../domain/request/json'
import type { CalledAs, OutputSchema, Tool, ToolCall } from '../domain/request/request'

/** A zod schema, or a JSON Schema object. */
export type SchemaInput = z.ZodType | JsonObject

/** What a schema lets through: zod's output type; of a JSON Schema what `jsonSchema` says, else any JSON. */
export type Inferred<S> = S extends z.ZodType ? z.output<S> : AnswerOf<S>

export interface ToolInput<Name extends string = string, P extends SchemaInput = SchemaInput> {
  /** By which the model calls it: letters, digits, `_` and `-` suit all providers. */
  name: Name
  /** What it does, for the model. Default: none. */
  description?: string | undefined
  /** zod or JSON Schema of the arguments: an object. */
  parameters: P
  /** Anthropic's words for its prompt cache, which may keep what stands up to here. Default: not marked. */
  cacheControl?: JsonObject | undefined
  /** Anthropic's own tool, in its words. Default: none. */
  own?: JsonObject | undefined
  /** Further fields of Anthropic's (`input_examples`, `defer_loading`), for its format; left out elsewhere. Default: none. */
  extras?: JsonObject | undefined
  /** How a client of the Responses API calls it, where that is no plain function of this name. Default: that. */
  calledAs?: CalledAs | undefined
}

/** A call of one of these tools: `name` says which, and so of what type `arguments` is. */
export type ToolCallOf<T extends readonly ToolInput[]> = number extends T['length']
  ? ToolCall
  : {
      [K in keyof T]: T[K] extends ToolInput<infer Name, infer P>
        ? { id: string; name: Name; arguments: P extends z.ZodType ? z.output<P> : JsonObject }
        : never
    }[number]

const isZod = (schema: SchemaInput): schema is z.ZodType => '_zod' in schema

/** Throws HoldfastError `invalid_request` where a zod schema has no JSON Schema. */
export function jsonSchemaOf(schema: SchemaInput, what: string): JsonObject {
  if (!isZod(schema)) return schema
  try {
    // `input`: what the model has to write. Transforms run here, on what comes back.
    return z.toJSONSchema(schema, {
      io: 'input',
      override: ({ jsonSchema }) => close(jsonSchema),
    }) as JsonObject
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw invalidRequest(`${what} can't be written as JSON Schema: ${reason}`)
  }
}

/** zod drops keys that it does not know, so the model need not write any; strict modes insist on it. */
function close(schema: { type?: unknown; properties?: unknown; additionalProperties?: unknown }): void {
  if (schema.type === 'object' && schema.properties !== undefined) schema.additionalProperties ??= false
}

const DEFAULT_NAME = 'output'

/** Providers take letters, digits, `_` and `-`, at most 64 (OpenAI's rule, the strictest). */
export function outputSchema(schema: SchemaInput): OutputSchema {
  const json = jsonSchemaOf(schema, 'schema')
  const title = typeof json.title === 'string' ? json.title.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 64) : ''
  return { name: title || DEFAULT_NAME, schema: json }
}

export const toolOf = ({
  name,
  description,
  parameters,
  own,
  extras,
  calledAs,
  cacheControl,
}: ToolInput): Tool => ({
  name,
  ...(own === undefined ? {} : { own }),
  ...(extras === undefined ? {} : { extras }),
  ...(calledAs === undefined ? {} : { calledAs }),
  ...(cacheControl === undefined ? {} : { cacheControl }),
  ...(description === undefined ? {} : { description }),
  parameters: jsonSchemaOf(parameters, `tool ${name}: parameters`),
})

/** The value as the schema's own type; a list of faults where zod sees more than JSON Schema can say. */
export function parsed<T extends JsonValue>(
  schema: SchemaInput,
  value: T,
): { ok: true; value: unknown } | { ok: false; faults: string } {
  if (!isZod(schema)) return { ok: true, value }
  const checked = schema.safeParse(value)
  if (checked.success) return { ok: true, value: checked.data }
  return {
    ok: false,
    faults: checked.error.issues
      .map(({ path, message }) => `${path.join('.') || 'value'}: ${message}`)
      .join('; '),
  }
}
