/**
 * Does a whole answer match what the caller requested? Its JSON against the output schema, each tool call's
 * arguments against that tool's. A broken one is `schema_mismatch`: called once more, then the next candidate.
 */

import { failed, type Outcome, success } from '../src/domain/failures/outcome'
import { isTooDeep, type JsonValue } from '../src/domain/request/json'
import type { GenerationRequest } from '../src/domain/request/request'
import type { Answer } from '../src/domain/streaming/answer'
import { schemaFault, valueFaults } from '../src/schema-check'

type CheckedRequest = Pick<GenerationRequest, 'output' | 'tools'>
type Check = (answer: Answer) => Promise<Outcome<Answer>>

/** Made before the call, so that a schema that is none is a failure before anything is sent. */
export async function outputCheck(request: CheckedRequest, tenant: string | null): Promise<Outcome<Check>> {
  const { output, tools = [] } = request
  const schemas = [
    ...(output === undefined ? [] : [output.schema]),
    ...tools.map(({ parameters }) => parameters),
  ]
  const faults = await Promise.all(schemas.map((schema) => schemaFault(schema, tenant)))
  const fault = faults.find((one) => one !== null)
  if (fault === undefined) return success((answer) => check(answer, request, tenant))
  return failed({
    class: 'invalid_request',
    message: `a schema of the request is not valid JSON Schema: ${fault}`,
    proved: true,
  })
}

async function check(
  answer: Answer,
  { output, tools = [] }: CheckedRequest,
  tenant: string | null,
): Promise<Outcome<Answer>> {
  for (const { name, arguments: given } of answer.toolCalls) {
    const tool = tools.find((one) => one.name === name)
    if (tool === undefined) return mismatch(`the model called ${name}, which is none of the tools`)
    const faults = await valueFaults(tool.parameters, given, JSON.stringify(given).length, tenant)
    if (faults !== null) return mismatch(`the arguments of ${name}: ${faults}`)
  }
  if (output === undefined || answer.toolCalls.length > 0) return success(answer)
  const value = parseJson(answer.text)
  if (value === undefined) return mismatch('the answer is not JSON')
  const faults = await valueFaults(output.schema, value, answer.text.length, tenant)
  return faults === null ? success({ ...answer, output: value }) : mismatch(faults)
}

const mismatch = (message: string): Outcome<never> => failed({ class: 'schema_mismatch', message })

function parseJson(text: string): JsonValue | undefined {
  try {
    const json = unfenced(text.trim())
    return isTooDeep(json) ? undefined : JSON.parse(json)
  } catch {
    return undefined
  }
}

const FENCE = '```'
const OPENING = /^```(?:json)?\s*$/

/** Models without a JSON mode like to wrap their JSON in a code fence. */
function unfenced(text: string): string {
  const firstLine = text.slice(0, Math.max(0, text.indexOf('\n')))
  if (!OPENING.test(firstLine) || !text.endsWith(FENCE)) return text
  return text.slice(firstLine.length, -FENCE.length)
}
