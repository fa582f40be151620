/** `POST /completions`: a prompt in, a text out, as Together and vLLM still serve it. No tools, no prefill. */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import { invalidRequest, type SimulatedError } from '../errors'
import { pieces } from '../text'
import { type Format, type Frame, isObject, type OddAnswer, type Reply, textOr, textTemplate } from './format'
import {
  DONE,
  data,
  missing,
  openAiError,
  openAiUsage,
  responseSchema,
  usageFrames,
  wantsUsage,
} from './openai-common'

function reject(body: JsonValue): SimulatedError | null {
  if (!isObject(body)) return invalidRequest('We could not parse the JSON body of your request.')
  if (textOr(body.model, '') === '') return invalidRequest('you must provide a model parameter')
  return body.prompt === undefined || body.prompt === '' ? missing('prompt') : null
}

/** The format has no word for a tool call. */
const finishOf = (reply: Reply): string => (reply.finish === 'tool_calls' ? 'stop' : reply.finish)

const choice = (text: string | null, finish: string | null): JsonObject => ({
  text,
  index: 0,
  logprobs: null,
  finish_reason: finish,
})

const envelopeOf =
  (reply: Reply) =>
  (choices: JsonValue[], more: JsonObject = {}): JsonObject => ({
    id: reply.id,
    object: 'text_completion',
    created: reply.createdAt,
    model: reply.model,
    choices,
    ...more,
  })

function whole(reply: Reply): JsonObject {
  const usage: JsonObject = reply.usage === null ? {} : { usage: openAiUsage(reply.usage) }
  return envelopeOf(reply)([choice(reply.text, finishOf(reply))], usage)
}

function frames(reply: Reply): Frame[] {
  const chunk = envelopeOf(reply)
  const word = textTemplate((text) => data(chunk([choice(text, null)])))
  const words = pieces(reply.text).map((text): Frame => ({ kind: 'word', sse: word(text) }))
  const finish: Frame = { kind: 'tail', sse: data(chunk([choice('', finishOf(reply))])) }
  return [...words, finish, ...usageFrames(reply, chunk), DONE]
}

const WRONG: JsonObject = { result: { output: 'a shape that no client knows' } }

function odd(kind: OddAnswer, reply: Reply): JsonObject {
  if (kind === 'wrong_shape') return WRONG
  return envelopeOf(reply)(kind === 'empty_choices' ? [] : [choice(null, 'stop')])
}

export const openAiCompletions: Format = {
  api: 'openai-completions',
  dialect: 'openai',
  requestIdHeader: 'x-request-id',
  idPrefix: 'cmpl-sim-',
  toolIdPrefix: 'call_sim_',
  reject,
  read: (body) => ({
    model: textOr(body.model, ''),
    stream: body.stream === true,
    includeUsage: wantsUsage(body),
    userText: Array.isArray(body.prompt) ? textOr(body.prompt[0], '') : textOr(body.prompt, ''),
    prefill: null,
    schema: responseSchema(body),
    forcedTool: null,
  }),
  whole,
  frames,
  oddWhole: odd,
  oddFrames: (kind, reply) => [{ kind: 'tail', sse: data(odd(kind, reply)) }, DONE],
  errorBody: openAiError,
  errorFrame: (error) => data(openAiError(error)),
  pingFrame: (reply) => data(envelopeOf(reply)([])),
  malformedFrame: 'data: {"id":"cmpl-sim","object":"text_completion","choices":[{"te\n\n',
}
