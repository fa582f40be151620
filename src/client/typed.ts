/** From the workflow's plain JSON to what the caller's schemas promise. */

import { HoldfastError } from '../contract/errors'
import type { GenerationResult } from '../contract/generation'
import type { JsonValue } from '../domain/request/json'
import { parsed, type SchemaInput, type ToolInput } from '../request'

export interface Schemas {
  schema?: SchemaInput | undefined
  tools?: readonly ToolInput[] | undefined
}

/**
 * The worker has checked `output` and tool arguments against their JSON Schemas; zod's refinements and
 * transforms run here. Throws HoldfastError `all_failed` (`schema_mismatch`) where a refinement says no.
 */
export function typedResult<R extends GenerationResult>(result: R, { schema, tools = [] }: Schemas): R {
  const check = (what: string, against: SchemaInput, value: JsonValue) => {
    const outcome = parsed(against, value)
    if (outcome.ok) return outcome.value as never
    throw new HoldfastError({
      kind: 'all_failed',
      message: `${what} breaks the caller's schema: ${outcome.faults}`,
      accepted: true,
      failureClass: 'schema_mismatch',
      generationId: result.id,
      attempts: result.attempts,
    })
  }
  const toolCalls = result.toolCalls.map((call) => {
    const tool = tools.find(({ name }) => name === call.name)
    if (tool === undefined) return call
    return { ...call, arguments: check(`A call of ${call.name}`, tool.parameters, call.arguments) }
  })
  const typed = { ...result, toolCalls }
  if (schema === undefined || result.output === undefined) return typed
  return { ...typed, output: check('The answer', schema, result.output) }
}
