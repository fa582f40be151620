/** A generation as a `response` object: running, answered, failed or cancelled. */
import type { HoldfastError } from '../../../contract/errors'
import type { FailureClass } from '../../../domain/failures/failure'
import { type Piece, piecesOf } from '../../../domain/request/opaque'
import type { Tool } from '../../../domain/request/request'
import type { UnifiedFinishReason, Usage } from '../../../domain/streaming/answer'
import { answerFields, errorFields } from '../holdfast-fields'
import { thoughtText, wrap } from '../opaque'
import type { Answered } from '../types'
import { callItem, type ItemStatus } from './calls'
import type { Asked, Echo } from './request'

const PREFIX = 'resp_'

export const responseId = (generationId: string): string => `${PREFIX}${generationId}`

/** The id is taken with and without its prefix. */
export const generationIdOf = (id: string): string => (id.startsWith(PREFIX) ? id.slice(PREFIX.length) : id)

/** Why an answer is not complete; null: it is. There is no word for `other`: `holdfast.finishReason.raw` has it. */
const INCOMPLETE = {
  stop: null,
  tool_calls: null,
  other: null,
  length: 'max_output_tokens',
  content_filter: 'content_filter',
} as const satisfies Record<UnifiedFinishReason, string | null>

const encodeUsage = ({
  inputTokens,
  outputTokens,
  cachedInputTokens = 0,
  cacheWriteInputTokens = 0,
  reasoningTokens = 0,
}: Usage) => ({
  input_tokens: inputTokens,
  input_tokens_details: { cached_tokens: cachedInputTokens, cache_write_tokens: cacheWriteInputTokens },
  output_tokens: outputTokens,
  output_tokens_details: { reasoning_tokens: reasoningTokens },
  total_tokens: inputTokens + outputTokens,
})

export const outputText = (text: string) => ({
  type: 'output_text' as const,
  text,
  annotations: [],
  logprobs: [],
})

/** `index`: its place in the output. */
export const messageItem = (
  generationId: string,
  index: number,
  text: string | null,
  status: ItemStatus,
) => ({
  id: `msg_${generationId}_${index}`,
  type: 'message' as const,
  role: 'assistant' as const,
  status,
  content: text === null ? [] : [outputText(text)],
})

/** What seals it is always there: nothing is kept here that its id could name. */
export const reasoningItem = (
  generationId: string,
  index: number,
  text: string,
  encrypted: string | null,
  status: ItemStatus,
) => ({
  id: `rs_${generationId}_${index}`,
  type: 'reasoning' as const,
  summary: text === '' ? [] : [{ type: 'summary_text' as const, text }],
  ...(encrypted === null ? {} : { encrypted_content: encrypted }),
  status,
})

/** Where nothing is said or called, an empty message says so. */
export function outputOf(result: Answered, tools: readonly Tool[]): object[] {
  const { id, text, toolCalls, finishReason } = result
  const status = INCOMPLETE[finishReason.unified] === null ? 'completed' : 'incomplete'
  const itemOf = (piece: Piece, index: number): object => {
    switch (piece.type) {
      case 'text':
        return messageItem(id, index, piece.text, status)
      case 'toolCall':
        return callItem(id, piece.index, piece.toolCall, tools)
      case 'opaque':
        return reasoningItem(id, index, thoughtText(piece.block), wrap(piece.block), 'completed')
    }
  }
  const output = piecesOf(result).map(itemOf)
  const isSilent = text === '' && toolCalls.length === 0
  return isSilent ? [...output, messageItem(id, output.length, text, status)] : output
}

export interface Head {
  generationId: string
  /** Epoch milliseconds. */
  createdAt: number
  /** The target that answers, or what the caller named. */
  model: string
  echo: Echo
}

/** What every response has, whatever its state. */
export function responseHead({ generationId, createdAt, model, echo }: Head) {
  return {
    id: responseId(generationId),
    object: 'response' as const,
    created_at: Math.floor(createdAt / 1000),
    error: null,
    incomplete_details: null,
    model,
    output: [] as object[],
    usage: null,
    background: false,
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: true,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    ...echo,
  }
}

export const runningResponse = (head: Head) => ({ ...responseHead(head), status: 'in_progress' as const })

export const answeredResponse = (
  result: Answered,
  { echo, tools }: Asked,
  output: object[] = outputOf(result, tools),
) => {
  const { id, target, timings, usage, finishReason } = result
  const reason = INCOMPLETE[finishReason.unified]
  return {
    ...responseHead({ generationId: id, createdAt: timings.startedAt, model: target, echo }),
    status: reason === null ? ('completed' as const) : ('incomplete' as const),
    incomplete_details: reason === null ? null : { reason },
    completed_at: Math.floor(timings.finishedAt / 1000),
    output,
    ...(usage === null ? {} : { usage: encodeUsage(usage) }),
    holdfast: answerFields(result),
  }
}

/**
 * OpenAI's own words where it has one, as its own client reads them (Codex 0.171, 2026-11-28): it ends at
 * `context_length_exceeded` and `insufficient_quota`, and sends the request again after `server_error`.
 */
const CODES: { readonly [failureClass in FailureClass]?: string } = {
  rate_limited: 'rate_limit_exceeded',
  quota_exhausted: 'insufficient_quota',
  content_refused: 'invalid_prompt',
  invalid_request: 'invalid_prompt',
  context_too_long: 'context_length_exceeded',
}

/** A cancelled one has no error; both say in `holdfast` which calls were made. */
export const failedResponse = (head: Head, error: HoldfastError) => {
  const { kind, failureClass, message } = error
  const isCancelled = kind === 'cancelled'
  const code = (failureClass === null ? undefined : CODES[failureClass]) ?? 'server_error'
  return {
    ...responseHead(head),
    status: isCancelled ? ('cancelled' as const) : ('failed' as const),
    error: isCancelled ? null : { code, message },
    holdfast: errorFields(error),
  }
}
