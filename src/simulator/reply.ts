/**
 * What is answered: the step's own text or tool calls; else what the request wants (a forced tool, a JSON
 * schema); else an echo. A prefill is continued where the text begins with it (see `afterPrefill`).
 */
import type { JsonObject } from '../domain/request/json'
import type { Usage } from '../domain/streaming/answer'
import type { Format, ParsedRequest, Reply } from './formats/format'
import { schemaInstance } from './instance'
import type { Step } from './script'
import { afterPrefill, echoText, estimateTokens, wordsText } from './text'
import { sealOf, type Thinker } from './thoughts'

export interface ReplyInput {
  step: Step
  parsed: ParsedRequest
  /** The request's. */
  body: JsonObject
  format: Format
  /** `provider/model` */
  target: string
  thinker: Thinker
  /** The call's index, for ids. */
  index: number
  requestBytes: number
  /** Epoch milliseconds. */
  now: number
  /** What the provider's prompt cache has of it. */
  cached: Partial<Usage>
}

type Content = Pick<Reply, 'text' | 'toolCalls'>

function scripted(step: Step, toolIdPrefix: string, index: number): Content | null {
  const text = step.answer ?? (step.words === undefined ? undefined : wordsText(step.words))
  if (text === undefined && step.toolCalls === undefined) return null
  const toolCalls = (step.toolCalls ?? []).map((call, position) => ({
    id: call.id ?? `${toolIdPrefix}${index}_${position}`,
    name: call.name,
    arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
  }))
  return { text: text ?? '', toolCalls }
}

function fitting({ parsed, format, target, index }: ReplyInput): Content {
  if (parsed.forcedTool) {
    const { name, parameters } = parsed.forcedTool
    const json = JSON.stringify(schemaInstance({ type: 'object', ...parameters }))
    return { text: '', toolCalls: [{ id: `${format.toolIdPrefix}${index}_0`, name, arguments: json }] }
  }
  const text = parsed.schema
    ? JSON.stringify(schemaInstance(parsed.schema))
    : echoText(target, parsed.userText)
  return { text, toolCalls: [] }
}

export function buildReply(input: ReplyInput): Reply {
  const { step, parsed, format, index } = input
  const content = scripted(step, format.toolIdPrefix, index) ?? fitting(input)
  const text = parsed.prefill === null ? content.text : afterPrefill(content.text, parsed.prefill)
  const outputCharacters = content.toolCalls.reduce((sum, call) => sum + call.arguments.length, text.length)
  const estimated = {
    ...input.cached,
    inputTokens: estimateTokens(input.requestBytes),
    outputTokens: estimateTokens(outputCharacters),
  }
  return {
    id: `${format.idPrefix}${index}`,
    model: step.model ?? parsed.model,
    createdAt: Math.floor(input.now / 1000),
    text,
    toolCalls: content.toolCalls,
    thoughts: (step.thoughts ?? []).map((thought) => ({
      text: thought,
      seal: sealOf(input.thinker, thought),
    })),
    finish: step.finish ?? (content.toolCalls.length > 0 ? 'tool_calls' : 'stop'),
    usage: step.usage === undefined ? estimated : step.usage,
    billed: step.usage ?? estimated,
    includeUsage: parsed.includeUsage,
    request: input.body,
  }
}
