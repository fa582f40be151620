/**
 * Tools and which of them is to be called, in the words of OpenAI's API, of its older one (`functions`), and of clients that
 * mix them with Anthropic's or Mistral's.
 */
import { z } from 'zod'
import type { JsonObject } from '../../../domain/request/json'
import type { Tool, ToolChoice } from '../../../domain/request/request'
import { isObject } from '../../outbound/json'
import { cacheMark, jsonObject, marked, optionalText } from '../body'

export const functionFields = z.object({
  name: z.string().min(1),
  description: optionalText,
  parameters: jsonObject.nullish(),
})

type Function = z.output<typeof functionFields>

const NO_TOOL = 'only tools of type function are known'

/** The Responses API has no object around a function's fields, and Anthropic's another name for the schema. */
const nested = (value: unknown): unknown => {
  if (!isObject(value)) return value
  const { type = 'function', cache_control, ...fields } = value
  if (value.function !== undefined) return { ...value, type }
  if (value.name === undefined) return value
  const { input_schema, parameters = input_schema, ...own } = fields
  return {
    type: type === 'custom' && input_schema !== undefined ? 'function' : type,
    cache_control,
    function: { ...own, parameters },
  }
}

export const tool = z.preprocess(
  nested,
  z.object({
    type: z.literal('function', { error: NO_TOOL }),
    function: functionFields.extend({ cache_control: cacheMark }),
    cache_control: cacheMark,
  }),
)

const WORDS: { readonly [word: string]: 'none' | 'auto' | 'required' } = {
  none: 'none',
  auto: 'auto',
  required: 'required',
  any: 'required',
}

const named = (value: unknown): string | undefined =>
  isObject(value) && typeof value.name === 'string' && value.name !== '' ? value.name : undefined

export interface Chosen {
  choice: ToolChoice
  /** The only ones that may be called; null: any. */
  allowed: string[] | null
}

const isChoice = (type: unknown): type is string => typeof type === 'string' && Object.hasOwn(WORDS, type)

/** null: none of the ways to say it. */
function readChoice(given: unknown): Chosen | null {
  const word = isObject(given) ? given.type : given
  if (isChoice(word)) return { choice: WORDS[word] ?? 'auto', allowed: null }
  if (!isObject(given)) return null
  if (given.type === 'allowed_tools') return allowedIn(given.allowed_tools ?? given)
  const name = named(given.function) ?? named(given)
  return name === undefined ? null : { choice: { tool: name }, allowed: null }
}

/** Some of the tools that are offered: the others are not sent. */
function allowedIn(given: unknown): Chosen | null {
  if (!isObject(given) || !isChoice(given.mode) || !Array.isArray(given.tools)) return null
  const names = given.tools.map((one) => (isObject(one) ? (named(one.function) ?? named(one)) : undefined))
  const allowed = names.filter((name) => name !== undefined)
  return allowed.length < names.length || names.length === 0
    ? null
    : { choice: WORDS[given.mode] ?? 'auto', allowed }
}

export const toolChoice = z
  .custom<unknown>((given) => readChoice(given) !== null, {
    error:
      'write none, auto, required, { type: function, function: { name } }, or { type: allowed_tools, allowed_tools: { mode, tools } }',
  })
  .transform((given) => readChoice(given) as Chosen)

export const functionChoice = z
  .union([z.enum(['none', 'auto']), z.object({ name: z.string().min(1) })], {
    error: 'write none, auto, or { name }',
  })
  .transform((given): ToolChoice => (typeof given === 'string' ? given : { tool: given.name }))

interface Given {
  tools?: z.output<typeof tool>[] | undefined
  functions?: Function[] | undefined
  tool_choice?: Chosen | undefined
  function_call?: ToolChoice | undefined
}

type Marked = Function & { cache_control?: JsonObject | null | undefined }

/** A tool may leave its parameters out: then it has none. */
const toolOf = ({ name, description, parameters, cache_control }: Marked): Tool => ({
  name,
  ...(description ? { description } : {}),
  parameters: parameters ?? { type: 'object', properties: {} },
  ...marked(cache_control),
})

export function offeredIn({ tools, functions, tool_choice }: Given): Tool[] {
  const given: Marked[] = tools?.length
    ? tools.map((one) => ({
        ...one.function,
        cache_control: one.cache_control ?? one.function.cache_control,
      }))
    : (functions ?? [])
  const allowed = tool_choice?.allowed ?? null
  return given.filter(({ name }) => allowed === null || allowed.includes(name)).map(toolOf)
}

/** Another choice than was meant would be made among the rest. */
export const allowsOffered = (given: Given): boolean => {
  const names = offeredIn({ ...given, tool_choice: undefined }).map(({ name }) => name)
  return (given.tool_choice?.allowed ?? []).every((name) => names.includes(name))
}

export const chosenOf = ({ tool_choice, function_call }: Given): ToolChoice | undefined =>
  tool_choice?.choice ?? function_call
