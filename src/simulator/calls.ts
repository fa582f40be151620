/** One call to a simulated provider, from its body to the step that is played. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { JsonValue } from '../domain/request/json'
import { createBackgroundResponses } from './background'
import { chargeOf } from './bill'
import { invalidRequest, namedError, type SimulatedError } from './errors'
import { type Format, isObject, type ParsedRequest, textOr } from './formats/format'
import { findKey, keyHash, maskHeaders } from './keys'
import { hashSeed, type Random, seededRandom } from './latency'
import { play } from './play'
import type { PlayContext } from './play-context'
import { isErrorStep, sendError } from './play-error'
import { isSocketFault } from './play-fault'
import { createPromptCaches } from './prompt-cache'
import type { LimitedAnswer, SimulatedRateLimits } from './rate-limits'
import type { RecordedCall, Recorder } from './record'
import { buildReply } from './reply'
import type { Step } from './script'
import type { ScriptBook } from './script-book'
import { estimateTokens } from './text'
import type { Thinker } from './thoughts'
import { createWire } from './wire'

export interface CallsOptions {
  seed: number
  /** Keys that a provider takes; a provider without an entry takes any, and none. */
  keys: { [provider: string]: readonly string[] }
  /** Targets that refuse a last message by the assistant. */
  noPrefill: ReadonlySet<string>
  rateLimits: SimulatedRateLimits
  onFinished?: ((call: RecordedCall) => void) | undefined
}

export interface IncomingCall {
  provider: string
  path: string
  format: Format
  receivedAt: number
  text: string
  request: IncomingMessage
  response: ServerResponse
}

export interface Calls {
  serve(incoming: IncomingCall): Promise<void>
  /** Requests for a response by its id. false: the path is another one's. */
  serveById: ReturnType<typeof createBackgroundResponses>['serve']
  keyError(provider: string, format: Format, headers: IncomingHttpHeaders): SimulatedError | null
  clear(): void
}

const PREFILL_REFUSED =
  'This model does not support assistant message prefill. The conversation must end with a user message.'

function thinkerOf({ provider, request }: IncomingCall, parsed: ParsedRequest | null): Thinker {
  const key = findKey(request.headers)
  return { provider, model: parsed?.model ?? '', keyHash: key && keyHash(key.value) }
}

/** undefined: not JSON. */
function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

export function createCalls(options: CallsOptions, book: ScriptBook, recorder: Recorder): Calls {
  const finished = (call: RecordedCall): void => {
    recorder.changed()
    options.onFinished?.(call)
  }
  const responses = createBackgroundResponses(finished)
  const promptCaches = createPromptCaches()

  /** How many calls a target has had: its n-th call has random numbers of its own. */
  const turns = new Map<string, number>()

  const randomOf = (target: string): Random => {
    const turn = (turns.get(target) ?? 0) + 1
    turns.set(target, turn)
    let random: Random | null = null
    return () => {
      random ??= seededRandom(hashSeed(options.seed, `${target}#${turn}`))
      return random()
    }
  }

  const keyError: Calls['keyError'] = (provider, format, headers) => {
    const accepted = options.keys[provider]
    if (accepted === undefined || accepted.includes(findKey(headers)?.value ?? '')) return null
    return namedError(format.dialect, 'unauthorized', '')
  }

  const rejection = (
    call: IncomingCall,
    body: JsonValue | undefined,
    parsed: ParsedRequest | null,
  ): SimulatedError | null => {
    const { format, provider, request } = call
    const error =
      keyError(provider, format, request.headers) ?? format.reject(body ?? null, request.headers, call.path)
    if (error) return error
    const foreign = isObject(body) ? format.rejectThoughts?.(body, thinkerOf(call, parsed)) : null
    if (foreign) return foreign
    const refuses =
      parsed !== null && parsed.prefill !== null && options.noPrefill.has(`${provider}/${parsed.model}`)
    return refuses ? invalidRequest(PREFILL_REFUSED) : null
  }

  const limitedBy = (
    { provider, format, request, text, receivedAt }: IncomingCall,
    body: JsonValue | undefined,
    parsed: ParsedRequest | null,
  ): LimitedAnswer | null => {
    const { max_tokens: most, max_completion_tokens: completion } = isObject(body) ? body : {}
    const limit = Number(completion ?? most ?? 0)
    return options.rateLimits.admit(
      {
        provider,
        model: parsed?.model ?? '',
        key: findKey(request.headers)?.value ?? null,
        dialect: format.dialect,
        inputTokens: estimateTokens(text.length),
        maxOutputTokens: Number.isFinite(limit) ? limit : 0,
      },
      receivedAt,
    )
  }

  return {
    keyError,
    serveById: responses.serve,
    clear() {
      turns.clear()
      responses.clear()
      promptCaches.clear()
    },
    async serve(incoming) {
      const { provider, format, request, response, text } = incoming
      const body = parseJson(text)
      const parsed = isObject(body) ? format.read(body, incoming.path) : null
      const model = parsed?.model ?? ''
      const target = `${provider}/${model}`
      const rejected = rejection(incoming, body, parsed)
      const limited = rejected === null ? limitedBy(incoming, body, parsed) : null
      const error = rejected ?? limited?.refusal?.error ?? null
      const assignment = error ? { step: {}, script: null, index: null } : book.next(provider, model)
      const key = findKey(request.headers)
      const call = recorder.add({
        provider,
        model,
        path: incoming.path,
        api: format.api,
        stream: parsed?.stream ?? false,
        receivedAt: incoming.receivedAt,
        outcome: 'in_flight',
        status: null,
        script: assignment.script,
        step: assignment.index,
        body: body ?? null,
        authorization: key?.scheme ?? null,
        keyHash: key && keyHash(key.value),
        headers: maskHeaders(request.headers),
      })
      const step = limited === null ? assignment.step : withLimits(assignment.step, limited)
      const { index } = call
      const read = parsed ?? format.read({}, incoming.path)
      const reply = once(() =>
        buildReply({
          step,
          parsed: read,
          body: isObject(body) ? body : {},
          format,
          target,
          thinker: thinkerOf(incoming, parsed),
          index,
          requestBytes: text.length,
          now: Date.now(),
          cached: isObject(body) ? promptCaches.use(format, target, body) : {},
        }),
      )
      const requestId = `req_sim_${index}`
      const stream = read.stream
      const charge = (share: number): void => {
        if (format.charges === 'nothing') return
        call.billed = chargeOf(reply().billed, format.charges === 'prompt' ? 0 : share)
        if (share === 1) limited?.settle(call.billed)
      }
      const unwired = { step, format, reply, stream, model, requestId, random: randomOf(target), charge }
      const begins = read.background && !error && !isErrorStep(step) && !isSocketFault(step.fault)
      if (begins) return responses.begin(unwired, call, response)
      const context: PlayContext = { ...unwired, wire: createWire(response, call, () => finished(call)) }
      if (error) return sendError(context, error)
      await play(context)
    },
  }
}

const withLimits = (step: Step, { headers, refusal }: LimitedAnswer): Step => ({
  ...step,
  ...(refusal === null ? {} : { retryAfter: refusal.retryAfter }),
  headers: { ...headers, ...step.headers },
})

function once<T>(build: () => T): () => T {
  let built: { value: T } | null = null
  return () => {
    built ??= { value: build() }
    return built.value
  }
}

/** `GET /models`, in the shape of the client's API. */
export function modelsBody(models: string[], headers: IncomingHttpHeaders): JsonValue {
  if (textOr(headers['anthropic-version'] as JsonValue | undefined, '') === '') {
    const data = models.map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'simulator' }))
    return { object: 'list', data }
  }
  const created_at = '2025-01-01T00:00:00Z'
  const data = models.map((id) => ({ type: 'model', id, display_name: id, created_at }))
  return { data, has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null }
}
