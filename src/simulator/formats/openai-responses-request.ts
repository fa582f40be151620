/** A request of the Responses API, read as OpenAI reads it. */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { invalidRequest, type SimulatedError } from '../errors'
import { decrypted, sealOf, type Thinker } from '../thoughts'
import { contentText, isObject, listOf, type ParsedRequest, textOr } from './format'
import { missing } from './openai-common'

/** A text is one message of the user's. */
const itemsOf = ({ input }: JsonObject): JsonObject[] =>
  typeof input === 'string' ? [{ role: 'user', content: input }] : listOf(input)

/** A call's result must answer a call before it, and each call needs one. */
function unpaired(items: JsonObject[]): SimulatedError | null {
  const open = new Set<string>()
  for (const { type, call_id } of items) {
    const id = textOr(call_id, '')
    if (type === 'function_call') open.add(id)
    if (type === 'function_call_output' && !open.delete(id))
      return invalidRequest(`No tool call found for function call output with call_id ${id}.`, 'input')
  }
  const [id] = open
  return id === undefined ? null : invalidRequest(`No tool output found for function call ${id}.`, 'input')
}

/** Without encrypted content an item would be looked up, and nothing is kept here. */
export function rejectThoughts(body: JsonObject, thinker: Thinker): SimulatedError | null {
  const items = itemsOf(body)
  for (const [at, { type, id, encrypted_content: content }] of items.entries()) {
    if (type !== 'reasoning') continue
    const thought = decrypted(textOr(content, ''))
    if (thought === null || thought.seal !== sealOf(thinker, thought.text))
      return invalidRequest(
        `The encrypted content ${textOr(content, '').slice(0, 4)}... could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
        'input',
        'invalid_encrypted_content',
      )
    const next = items[at + 1]
    if (next === undefined || next.type === 'function_call_output' || next.role === 'user')
      return invalidRequest(
        `Item '${textOr(id, '')}' of type 'reasoning' was provided without its required following item.`,
        'input',
      )
  }
  return null
}

const LEAST_OUTPUT_TOKENS = 16

export function reject(body: JsonValue): SimulatedError | null {
  if (!isObject(body)) return invalidRequest('We could not parse the JSON body of your request.')
  if (textOr(body.model, '') === '') return missing('model')
  if (body.messages !== undefined)
    return invalidRequest(
      "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'.",
      'messages',
      'unsupported_parameter',
    )
  const items = itemsOf(body)
  if (items.length === 0) return missing('input')
  if (body.background === true && body.store === false)
    return invalidRequest("Background mode requires 'store' to be true.", 'background')
  const limit = body.max_output_tokens
  if (typeof limit === 'number' && limit < LEAST_OUTPUT_TOKENS)
    return invalidRequest(
      `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${LEAST_OUTPUT_TOKENS}, but got ${limit} instead.`,
      'max_output_tokens',
      'integer_below_min_value',
    )
  return unpaired(items)
}

function schemaOf({ text }: JsonObject): ParsedRequest['schema'] {
  const format = isObject(text) ? text.format : undefined
  if (!isObject(format)) return null
  if (format.type === 'json_object') return { type: 'object' }
  return format.type === 'json_schema' && isObject(format.schema) ? format.schema : null
}

function forcedTool({ tools, tool_choice: choice }: JsonObject): ParsedRequest['forcedTool'] {
  const functions = listOf(tools).filter(({ type }) => type === 'function')
  const found =
    choice === 'required'
      ? functions[0]
      : functions.find(({ name }) => isObject(choice) && choice.type === 'function' && choice.name === name)
  if (found === undefined) return null
  return { name: textOr(found.name, ''), parameters: isObject(found.parameters) ? found.parameters : {} }
}

export const read = (body: JsonObject): ParsedRequest => ({
  model: textOr(body.model, ''),
  stream: body.stream === true,
  includeUsage: true,
  userText: contentText(itemsOf(body).findLast(({ role }) => role === 'user')?.content),
  // A last message of the assistant's is answered, not gone on with.
  prefill: null,
  schema: schemaOf(body),
  forcedTool: forcedTool(body),
  background: body.background === true,
})
