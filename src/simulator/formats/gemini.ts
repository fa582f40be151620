/** `POST /models/MODEL:generateContent` and `:streamGenerateContent`, as Google defines them: each event is a response. */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import type { Usage } from '../../domain/streaming/answer'
import type { SimulatedError } from '../errors'
import { pieces } from '../text'
import { type Finish, type Format, type Frame, type OddAnswer, type Reply, textTemplate } from './format'
import { read, reject, signatureOf } from './gemini-request'

const FINISH_REASONS: Record<Finish, string> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  tool_calls: 'STOP',
  content_filter: 'SAFETY',
}

/** A count of 0 is left out, as protobuf does. */
function usageOf({
  inputTokens,
  outputTokens,
  cachedInputTokens = 0,
  reasoningTokens = 0,
}: Usage): JsonObject {
  const counts = {
    promptTokenCount: inputTokens,
    candidatesTokenCount: outputTokens - reasoningTokens,
    thoughtsTokenCount: reasoningTokens,
    cachedContentTokenCount: cachedInputTokens,
    totalTokenCount: inputTokens + outputTokens,
  }
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
}

const responseOf = (reply: Reply, candidates: JsonValue, usage: Usage | null = reply.usage): JsonObject => ({
  candidates,
  ...(usage === null ? {} : { usageMetadata: usageOf(usage) }),
  modelVersion: reply.model,
  responseId: reply.id,
})

const candidateOf = (parts: JsonObject[], finishReason?: string): JsonObject => ({
  ...(parts.length === 0 ? {} : { content: { parts, role: 'model' } }),
  ...(finishReason === undefined ? {} : { finishReason }),
  index: 0,
})

/** Broken JSON can't stand in an object: it is sent as a string. */
function parsedOrText(json: string): JsonValue {
  try {
    return JSON.parse(json) as JsonValue
  } catch {
    return json
  }
}

const callParts = ({ toolCalls, model }: Reply): JsonObject[] =>
  toolCalls.map((call, at) => ({
    functionCall: { name: call.name, args: parsedOrText(call.arguments), id: call.id },
    ...(at === 0 ? signatureOf(model, call) : {}),
  }))

function whole(reply: Reply): JsonObject {
  const calls = callParts(reply)
  const isText = reply.text !== '' || (calls.length === 0 && reply.finish !== 'content_filter')
  const parts = isText ? [{ text: reply.text }, ...calls] : calls
  return responseOf(reply, [candidateOf(parts, FINISH_REASONS[reply.finish])])
}

const event = (value: JsonObject): string => `data: ${JSON.stringify(value)}\n\n`

/** The counts grow: those of what is said come with the last event. */
const unfinished = (reply: Reply, parts: JsonObject[]): JsonObject =>
  responseOf(
    reply,
    [candidateOf(parts)],
    reply.usage && { ...reply.usage, outputTokens: 0, reasoningTokens: 0 },
  )

function frames(reply: Reply): Frame[] {
  const word = textTemplate((text) => event(unfinished(reply, [{ text }])))
  return [
    ...pieces(reply.text).map((text): Frame => ({ kind: 'word', sse: word(text) })),
    ...callParts(reply).map((part): Frame => ({ kind: 'word', sse: event(unfinished(reply, [part])) })),
    {
      kind: 'tail',
      sse: event(responseOf(reply, [candidateOf([{ text: '' }], FINISH_REASONS[reply.finish])])),
    },
  ]
}

const WRONG: JsonObject = { result: { output: 'a shape that no client knows' } }

/** `empty_choices`: no candidates; `null_content`: a part without its text. */
function oddWhole(odd: OddAnswer, reply: Reply): JsonObject {
  if (odd === 'wrong_shape') return WRONG
  return responseOf(reply, odd === 'empty_choices' ? [] : [candidateOf([{ text: null }], 'STOP')])
}

const detailsOf = ({ code }: SimulatedError): JsonObject => {
  if (code === null) return {}
  const detail = /Per(?:Day|Minute)/.test(code)
    ? { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId: code }] }
    : {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: code,
        domain: 'googleapis.com',
      }
  return { details: [detail] }
}

const errorBody = (error: SimulatedError): JsonObject => ({
  error: {
    code: error.status,
    message: error.message,
    status: /^[A-Z_]+$/.test(error.type ?? '') ? error.type : 'INVALID_ARGUMENT',
    ...detailsOf(error),
  },
})

export const gemini: Format = {
  api: 'gemini',
  dialect: 'google',
  requestIdHeader: null,
  idPrefix: 'sim_',
  toolIdPrefix: 'call_sim_',
  reject: (body, _headers, path) => reject(body, path),
  read,
  whole,
  frames,
  oddWhole,
  oddFrames: (odd, reply) => [{ kind: 'tail', sse: event(oddWhole(odd, reply)) }],
  errorBody,
  errorFrame: (error) => event(errorBody(error)),
  pingFrame: (reply) => event(unfinished(reply, [{ text: '' }])),
  malformedFrame: 'data: {"candidates": [{"content": {"parts": [{"te\n\n',
}
