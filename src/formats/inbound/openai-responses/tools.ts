/**
 * Tools of the Responses API -> functions, which every format has.
 *
 * OPENAI-RESPONSES-TOOLS-1 What the caller runs (`custom`, the tools of a namespace, its own search for tools) is offered as a
 *    function. `calledAs` says which items its calls are for the caller.
 * OPENAI-RESPONSES-TOOLS-2 What OpenAI runs is refused by its type. Without two of them nothing is missing that another maker
 *    could give, and clients offer them with every request: these are left out, and the answer says so. OpenAI's search for
 *    tools, for here all are offered from the start; and a web search that may not reach the web.
 * OPENAI-RESPONSES-TOOLS-3 A tool that an item brings along (it was found, or added on the way) is offered like any other; of
 *    several of one name the last is meant.
 */
import { z } from 'zod'
import type { JsonObject } from '../../../domain/request/json'
import type { CalledAs, Tool } from '../../../domain/request/request'
import { isObject } from '../../outbound/json'
import { jsonObject, optionalText } from '../body'
import { type Chosen, tool as functionTool, offeredIn } from '../openai-chat/tools'

export interface Offered {
  tools: Tool[]
  /** By type. */
  leftOut: string[]
}

const offered = (tools: Tool[]): Offered => ({ tools, leftOut: [] })

/** The name of a namespace's tool in formats that have no namespaces. */
export const flatName = (name: string, namespace: string | null | undefined): string => {
  if (!namespace) return name
  return namespace.endsWith('__') ? `${namespace}${name}` : `${namespace}__${name}`
}

const name = z.string().min(1)

const grammar = z.object({ type: z.literal('grammar'), syntax: z.string(), definition: z.string() })

/** What a model writes for a custom tool is a text; as a function it is the one argument. */
export const CUSTOM_INPUT = 'input'

const INPUT: JsonObject = {
  type: 'object',
  properties: { [CUSTOM_INPUT]: { type: 'string', description: 'The whole input, as plain text' } },
  required: [CUSTOM_INPUT],
  additionalProperties: false,
}

const custom = z
  .object({
    name,
    description: optionalText,
    format: z
      .union([z.object({ type: z.literal('text') }), grammar], { error: 'the type is text or grammar' })
      .nullish(),
  })
  .transform(({ name, description, format }) => {
    const rule =
      format?.type === 'grammar'
        ? `The input follows this ${format.syntax} grammar:\n${format.definition}`
        : undefined
    const whole = [description, rule].filter((text) => text).join('\n\n')
    return offered([
      {
        name,
        ...(whole === '' ? {} : { description: whole }),
        parameters: INPUT,
        // No other format keeps a model to a grammar.
        ...(rule === undefined ? {} : { extras: { format: format as JsonObject } }),
        calledAs: { type: 'custom', name },
      },
    ])
  })

/** Anthropic calls a function custom, and has another name for its schema. */
const typeOf = (given: JsonObject): string =>
  given.type === undefined || given.input_schema !== undefined ? 'function' : String(given.type)

type Kinds = { readonly [type: string]: z.ZodType<Offered> }

const toolOf = (kinds: Kinds) =>
  z.unknown().transform((given, context): Offered => {
    const type = isObject(given) ? typeOf(given) : 'function'
    const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined
    if (kind === undefined) {
      const known = Object.keys(kinds).join(', ')
      const message = `a tool of type ${type.slice(0, 60)} has no place in other formats: known are ${known}`
      context.addIssue({ code: 'custom', message, path: ['type'] })
      return z.NEVER
    }
    const read = kind.safeParse(given)
    if (read.success) return read.data
    for (const { message, path } of read.error.issues) context.addIssue({ code: 'custom', message, path })
    return z.NEVER
  })

const OF_THE_CALLER: Kinds = {
  function: functionTool.transform((one) => offered(offeredIn({ tools: [one] }))),
  custom,
}

const namespace = z
  .object({ name, description: optionalText, tools: z.array(toolOf(OF_THE_CALLER)) })
  .transform(({ name: namespace, description, tools }) => {
    const all = tools.flatMap((one) => one.tools)
    return {
      tools: all.map((tool, index): Tool => {
        // What the namespace is about is said once, with its first tool.
        const texts = [index === 0 ? description : undefined, tool.description].filter((text) => text)
        return {
          ...tool,
          name: flatName(tool.name, namespace),
          ...(texts.length === 0 ? {} : { description: texts.join('\n\n') }),
          calledAs: { type: 'function', ...tool.calledAs, name: tool.name, namespace },
        }
      }),
      leftOut: tools.flatMap((one) => one.leftOut),
    }
  })

/** The name of the caller's own search, which has none there. */
export const SEARCH = 'tool_search'

const search = z
  .object({
    execution: z.enum(['server', 'client']).nullish(),
    description: optionalText,
    parameters: jsonObject.nullish(),
  })
  .transform(
    ({ execution, description, parameters }): Offered =>
      execution === 'client'
        ? offered([
            {
              name: SEARCH,
              ...(description ? { description } : {}),
              parameters: parameters ?? { type: 'object', properties: {} },
              calledAs: { type: SEARCH, name: SEARCH },
            },
          ])
        : { tools: [], leftOut: [SEARCH] },
  )

const webSearch = z
  .object({
    external_web_access: z.literal(false, {
      error:
        'a web search is made by OpenAI, and has no place in other formats: turn it off (web_search = "disabled" in Codex)',
    }),
  })
  .transform((): Offered => ({ tools: [], leftOut: ['web_search'] }))

export const offeredTool = toolOf({ ...OF_THE_CALLER, namespace, [SEARCH]: search, web_search: webSearch })

/** OPENAI-RESPONSES-TOOLS-3 */
export function allOffered(given: readonly Offered[], brought: readonly Offered[]): Offered {
  const own = given.flatMap(({ tools }) => tools)
  const names = new Set(own.map(({ name }) => name))
  const later = new Map(brought.flatMap(({ tools }) => tools.map((one) => [one.name, one])))
  return {
    tools: [...own, ...[...later.values()].filter(({ name }) => !names.has(name))],
    leftOut: [...new Set([...given, ...brought].flatMap(({ leftOut }) => leftOut))],
  }
}

/** A choice names a tool as the caller calls it. */
export const toolNamed = (tools: readonly Tool[], name: string): Tool | undefined =>
  tools.find((one) => one.name === name) ?? tools.find(({ calledAs }) => calledAs?.name === name)

/** Those that may be called, and the choice among them, by the names that they have here. */
export function chosenAmong(tools: Tool[], chosen: Chosen | undefined) {
  if (chosen === undefined) return { tools, choice: undefined }
  const { choice, allowed } = chosen
  return {
    tools:
      allowed === null
        ? tools
        : tools.filter((one) => allowed.some((name) => toolNamed(tools, name) === one)),
    choice:
      typeof choice === 'string' ? choice : { tool: toolNamed(tools, choice.tool)?.name ?? choice.tool },
  }
}

export const calledAsOf = (tools: readonly Tool[], name: string): CalledAs | undefined =>
  tools.find((one) => one.name === name)?.calledAs
