/** One call of the AI SDK's as our request, and what of it is not understood. */
import { createHash } from 'node:crypto'
import type { SharedV3Warning } from '@ai-sdk/provider'
import type { JsonObject, Params, ToolChoice } from '../client'
import type { StreamRequest } from '../client/types'
import type { CallOptions } from './call'
import { messagesOf } from './messages'
import { callOptions, type HoldfastModelSettings } from './options'

export interface ParsedCall {
  request: StreamRequest
  warnings: SharedV3Warning[]
}

/** Throws what the AI SDK throws for what a model does not take. */
export function requestOf(route: string, settings: HoldfastModelSettings, options: CallOptions): ParsedCall {
  const { override, cache, metadata, idempotencyKey, ...own } = {
    ...settings,
    ...effortOf(options),
    ...callOptions(options),
  }
  const { prompt, abortSignal } = options
  const { tools, warnings: toolWarnings } = toolsOf(options)
  const { schema, warnings: formatWarnings } = schemaOf(options)
  const key = idempotencyKey === undefined ? undefined : stepKey(idempotencyKey, prompt)
  return {
    request: {
      route,
      messages: messagesOf(prompt),
      params: { ...paramsOf(options), ...own },
      tools,
      toolChoice: tools === undefined ? undefined : toolChoiceOf(options),
      ...(schema === undefined ? {} : { schema }),
      signal: abortSignal,
      idempotencyKey: key,
      override,
      cache,
      metadata,
    },
    warnings: [...unknownSettings(options), ...toolWarnings, ...formatWarnings],
  }
}

/** A loop over tools calls the model again and again with the same options: after a tool's result it is another call. */
const stepKey = (key: string, prompt: CallOptions['prompt']): string =>
  prompt.at(-1)?.role === 'tool'
    ? `${key}:${createHash('sha256').update(JSON.stringify(prompt)).digest('hex')}`
    : key

/** Of one call, so it goes before what the model's settings say. */
const effortOf = ({ reasoning }: CallOptions): Pick<Params, 'reasoningEffort'> =>
  reasoning === undefined || reasoning === 'provider-default' ? {} : { reasoningEffort: reasoning }

function paramsOf(options: CallOptions): Params {
  const { maxOutputTokens, temperature, topP, stopSequences, seed } = options
  return { maxTokens: maxOutputTokens, temperature, topP, stop: stopSequences, seed }
}

function unknownSettings(options: CallOptions): SharedV3Warning[] {
  const settings = (['topK', 'presencePenalty', 'frequencyPenalty'] as const).filter(
    (name) => options[name] !== undefined,
  )
  const others = Object.keys(options.providerOptions ?? {}).filter((name) => name !== 'holdfast')
  return [
    ...settings.map((feature) => ({ type: 'unsupported', feature }) as const),
    ...others.map((name) => ({
      type: 'unsupported' as const,
      feature: `providerOptions.${name}`,
      details:
        'say it in providerOptions.holdfast.providerOptions, as fields of the request to that provider',
    })),
  ]
}

function toolsOf({ tools }: CallOptions) {
  const warnings: SharedV3Warning[] = []
  const known = (tools ?? []).flatMap((tool) => {
    if (tool.type === 'function')
      return [{ name: tool.name, description: tool.description, parameters: tool.inputSchema as JsonObject }]
    warnings.push({
      type: 'unsupported',
      feature: `tool ${tool.id}`,
      details: 'it runs at one provider alone, and another one may answer',
    })
    return []
  })
  return { tools: known.length > 0 ? known : undefined, warnings }
}

function toolChoiceOf({ toolChoice }: CallOptions): ToolChoice | undefined {
  return toolChoice?.type === 'tool' ? { tool: toolChoice.toolName } : toolChoice?.type
}

function schemaOf({ responseFormat }: CallOptions) {
  if (responseFormat?.type !== 'json') return { warnings: [] }
  const { schema, name } = responseFormat
  if (schema === undefined) {
    const details = 'without a schema only the prompt can request JSON'
    return { warnings: [{ type: 'unsupported', feature: 'responseFormat', details } as const] }
  }
  return { schema: { ...(name === undefined ? {} : { title: name }), ...schema } as JsonObject, warnings: [] }
}
