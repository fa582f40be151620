/** A request of the Converse API, read as Bedrock reads it. */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { invalidRequest, type SimulatedError } from '../errors'
import { contentText, isObject, listOf, type ParsedRequest, textOr } from './format'

const blocksIn = (messages: JsonObject[]): JsonObject[] => messages.flatMap(({ content }) => listOf(content))

const objectIn = (block: JsonObject, name: string): JsonObject[] => {
  const value = block[name]
  return isObject(value) ? [value] : []
}

function unpaired(messages: JsonObject[]): SimulatedError | null {
  const called = new Set<JsonValue | undefined>()
  for (const block of blocksIn(messages)) {
    for (const { toolUseId } of objectIn(block, 'toolUse')) called.add(toolUseId)
    for (const { toolUseId } of objectIn(block, 'toolResult'))
      if (!called.has(toolUseId))
        return invalidRequest(
          `The toolResult blocks at messages contain an id that is not among the toolUse blocks of the previous turn: ${textOr(toolUseId, '')}.`,
        )
  }
  return null
}

function rejectBlocks(messages: JsonObject[], toolConfig: JsonValue | undefined): SimulatedError | null {
  const blocks = blocksIn(messages)
  if (toolConfig === undefined && blocks.some((block) => 'toolUse' in block || 'toolResult' in block))
    return invalidRequest(
      'The toolConfig field must be defined when using toolUse and toolResult content blocks.',
    )
  if (blocks.some(({ text }) => typeof text === 'string' && text.trim() === ''))
    return invalidRequest(
      'The text field in the ContentBlock object is blank. Add text to the text field, and try again.',
    )
  const documents = blocks.flatMap((block) => objectIn(block, 'document'))
  if (new Set(documents.map(({ name }) => name)).size < documents.length)
    return invalidRequest(
      "Messages can't contain duplicate document names. Rename the document and retry your request.",
    )
  return unpaired(messages)
}

export function reject(body: JsonValue): SimulatedError | null {
  if (!isObject(body))
    return invalidRequest('Malformed input request, please reformat your input and try again.')
  const messages = listOf(body.messages)
  if (messages.length === 0)
    return invalidRequest(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    )
  for (const [at, { role, content }] of messages.entries()) {
    if (role !== (at % 2 === 0 ? 'user' : 'assistant'))
      return invalidRequest(
        'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
      )
    if (listOf(content).length === 0)
      return invalidRequest(
        `The content field in the Message object at messages.${at} is empty. Add a ContentBlock object to the content field and try again.`,
      )
  }
  const last = messages.at(-1)
  if (last?.role === 'assistant' && /\s$/.test(contentText(last.content)))
    return invalidRequest('messages: final assistant content cannot end with trailing whitespace')
  return rejectBlocks(messages, body.toolConfig)
}

const below = (value: JsonValue | undefined, ...names: string[]): JsonValue | undefined =>
  names.reduce<JsonValue | undefined>((one, name) => (isObject(one) ? one[name] : undefined), value)

export function schemaOf(body: JsonObject): ParsedRequest['schema'] {
  const text = below(body, 'outputConfig', 'textFormat', 'structure', 'jsonSchema', 'schema')
  const schema: unknown = typeof text === 'string' ? JSON.parse(text) : null
  return isObject(schema as JsonValue) ? (schema as JsonObject) : null
}

export function forcedTool(body: JsonObject): ParsedRequest['forcedTool'] {
  const choice = below(body, 'toolConfig', 'toolChoice')
  const tools = listOf(below(body, 'toolConfig', 'tools')).flatMap((tool) => objectIn(tool, 'toolSpec'))
  const wanted = below(choice, 'tool', 'name')
  const found =
    below(choice, 'any') === undefined
      ? tools.find(({ name }) => wanted !== undefined && name === wanted)
      : tools[0]
  if (found === undefined) return null
  const parameters = below(found, 'inputSchema', 'json')
  return { name: textOr(found.name, ''), parameters: isObject(parameters) ? parameters : {} }
}
