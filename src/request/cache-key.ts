/**
 * The key under which an answer is kept, and by which equal requests know each other.
 *
 * CACHE-KEY-1 Whatever changes the output is in it: tenant, route, targets with their parameters and headers,
 *    and the request. What only changes how the output is got (timeouts, retry, deadline, strategy, circuit,
 *    facts) is not.
 * CACHE-KEY-2 What means the same has the same key: order of object keys, fields that are absent, undefined
 *    or at their default, options for providers that are not in the route.
 * CACHE-KEY-3 No two different requests share a text before the hash: it is JSON, in which every value ends
 *    where it says, and which writes half a character (a lone surrogate) as an escape of its own.
 */
import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../domain/request/json'
import { mergeParams } from '../domain/request/params'
import type { GenerationRequest, Message, Params, UserPart } from '../domain/request/request'
import type { Candidate, Route } from '../domain/routing/route'

/** Raised when the same request must not find what an older build has stored. */
const KEY_VERSION = 1

export interface CacheKeyInput {
  /** null: none, which is another one than ''. */
  tenant: string | null
  route: Pick<Route, 'name' | 'candidates' | 'unsupportedParams'>
  request: GenerationRequest
}

/** SHA-256 in hex. Throws RangeError or TypeError for what is no JSON, as JSON.stringify does. */
export const cacheKey = ({ tenant, route, request }: CacheKeyInput): string =>
  createHash('sha256')
    .update(
      canonical([
        KEY_VERSION,
        tenant,
        route.name,
        route.unsupportedParams,
        route.candidates.map((candidate) => candidateKey(candidate, request.params)),
        requestParts(request),
      ]),
    )
    .digest('hex')

/** Like JSON, but fields may be undefined: as absent. */
type Loose = JsonValue | undefined | Loose[] | { [key: string]: Loose }

/** JSON with keys in order (CACHE-KEY-2, CACHE-KEY-3). Keys are compared as they are, in no language's order. */
function canonical(value: Loose): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  fields.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join()}}`
}

/** What a candidate is sent, beside the request's content. */
const candidateKey = ({ target, provider, params, headers }: Candidate, own: Params | undefined): Loose => [
  target,
  paramsOf(mergeParams(params, own), provider),
  Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
]

function paramsOf(params: Params, provider: string): Loose {
  const { maxTokens, temperature, topP, stop, seed, reasoningEffort, providerOptions } = params
  const { frequencyPenalty, presencePenalty, topK, logitBias, parallelToolCalls, thinking } = params
  return {
    maxTokens,
    temperature,
    topP,
    stop: unlessEmpty(stop),
    seed,
    reasoningEffort,
    thinking,
    // 0 is none, and true is what every provider does unasked.
    frequencyPenalty: frequencyPenalty || undefined,
    presencePenalty: presencePenalty || undefined,
    topK,
    logitBias: Object.keys(logitBias ?? {}).length === 0 ? undefined : logitBias,
    parallelToolCalls: parallelToolCalls === false ? false : undefined,
    options: optionsFor(providerOptions, provider),
  } satisfies { [K in Exclude<keyof Params, 'providerOptions' | 'hints'>]-?: Loose } & { options: Loose }
}

function optionsFor(options: Params['providerOptions'], provider: string): JsonObject | undefined {
  const own = options !== undefined && Object.hasOwn(options, provider) ? options[provider] : undefined
  return own === undefined || Object.keys(own).length === 0 ? undefined : own
}

/** `params` stand with the candidates: they are merged there. */
function requestParts({ messages, tools, toolChoice, output, task, stored }: GenerationRequest): Loose {
  const offered = unlessEmpty(tools)
  return {
    messages: messages.map(messageParts),
    tools: offered?.map(({ name, description, parameters, own }) => ({ name, description, parameters, own })),
    // Without tools there is nothing to choose; with them, `auto` is what every provider does unasked.
    toolChoice: offered === undefined || toolChoice === 'auto' ? undefined : toolChoice,
    output: output && { name: output.name, schema: output.schema },
    task: task && { ...task },
    // Of a whole request there is none.
    stored: stored && { ...stored },
  } satisfies { [K in Exclude<keyof GenerationRequest, 'params'>]-?: Loose }
}

function messageParts(message: Message): Loose {
  switch (message.role) {
    case 'system':
      return { role: message.role, content: message.content }
    case 'user': {
      const { role, content } = message
      return { role, content: typeof content === 'string' ? content : content.map(partParts) }
    }
    case 'assistant': {
      const { role, content, toolCalls, opaque, thinking, reasoning } = message
      const calls = unlessEmpty(toolCalls)?.map(({ id, name, arguments: given }) => ({ id, name, given }))
      return {
        role,
        content,
        toolCalls: calls,
        opaque: unlessEmpty(opaque)?.map((block) => ({ ...block }) as Loose),
        thinking: unlessEmpty(thinking),
        reasoning: reasoning || undefined,
      }
    }
    case 'tool': {
      const { role, toolCallId, content: given, isError } = message
      const content = typeof given === 'string' ? given : given.map(partParts)
      return { role, toolCallId, content, isError: isError || undefined }
    }
  }
}

const partParts = ({ cacheControl: _mark, ...part }: UserPart): Loose => ({ ...part })

const unlessEmpty = <T>(list: T[] | undefined): T[] | undefined =>
  list === undefined || list.length === 0 ? undefined : list
