/** What a caller may send, checked before anything is sent. The one schema for library, CLI and gateway. */
import { z } from 'zod'
import { type HoldfastError, invalidRequest } from '../contract/errors'
import { CACHE_CONTROLS } from '../domain/caching/cache'
import { MAX_DIMENSIONS } from '../domain/embedding/parts'
import type { JsonObject, JsonValue } from '../domain/request/json'
import { type Metadata, metadataFaults } from '../domain/request/metadata'
import { type EmbedTask, type GenerationRequest, REASONING_EFFORTS } from '../domain/request/request'
import { wellFormed, wellFormedJson } from '../domain/request/text'

const jsonValue: z.ZodType<JsonValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(jsonValue), json], { error: 'not JSON' }),
)
const json: z.ZodType<JsonObject> = z.record(z.string(), jsonValue)

const toolCall = z.strictObject({ id: z.string().min(1), name: z.string().min(1), arguments: json })

const cacheControl = json.optional()

const userPart = z.union([
  z.strictObject({ type: z.literal('text'), text: z.string(), cacheControl }),
  z.strictObject({
    type: z.literal('image'),
    cacheControl,
    url: z.url({ protocol: /^https?$/, error: 'an http or https URL is needed' }),
  }),
  z.strictObject({
    type: z.literal('image'),
    cacheControl,
    data: z.base64().min(1),
    mediaType: z.string().startsWith('image/'),
  }),
  z.strictObject({
    type: z.literal('foreign'),
    api: z.enum(['openai-chat', 'anthropic-messages']),
    block: json,
    cacheControl,
  }),
])

const userContent = z.union([z.string(), z.array(userPart).min(1)], {
  error:
    'write text, or a list of parts: { type: text, text }, { type: image, url } or { type: image, data, mediaType }',
})

/** Where it stands is taken as it is: what lies beyond the answer is its end. */
const opaque = z.strictObject({
  api: z.string().min(1),
  maker: z.strictObject({ provider: z.string(), account: z.string(), model: z.string() }).optional(),
  block: json,
  at: z.strictObject({ text: z.int().min(0), calls: z.int().min(0) }).optional(),
})

const message = z.discriminatedUnion('role', [
  z.strictObject({
    role: z.literal('system'),
    content: z.string(),
    onlyHere: z.boolean().optional(),
    cacheControl,
  }),
  z.strictObject({ role: z.literal('user'), content: userContent }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.string(),
    toolCalls: z.array(toolCall).optional(),
    opaque: z.array(opaque).optional(),
    thinking: z.array(json).optional(),
    reasoning: z.string().optional(),
    cacheControl,
  }),
  z.strictObject({
    role: z.literal('tool'),
    toolCallId: z.string().min(1),
    content: userContent,
    isError: z.boolean().optional(),
    cacheControl,
  }),
])

const params = z.strictObject({
  maxTokens: z.int().positive().optional(),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  stop: z.array(z.string().min(1)).max(16).optional(),
  seed: z.int().optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  presencePenalty: z.number().min(-2).max(2).optional(),
  topK: z.int().positive().optional(),
  logitBias: z.record(z.string(), z.number().min(-100).max(100)).optional(),
  parallelToolCalls: z.boolean().optional(),
  reasoningEffort: z.enum(REASONING_EFFORTS).optional(),
  thinking: json.optional(),
  providerOptions: z.record(z.string(), json).optional(),
  hints: z
    .strictObject({
      api: z.enum(['openai-chat', 'anthropic-messages']),
      fields: json,
      headers: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
})

/** A generation's request, in plain JSON. */
export const requestSchema = z.strictObject({
  messages: z
    .array(message)
    .min(1, { error: 'at least one message is needed', abort: true })
    .refine(
      (messages) => messages.some(({ role }) => role !== 'system'),
      'a message beside the system ones is needed',
    ),
  params: params.optional(),
  tools: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        description: z.string().optional(),
        parameters: json,
        own: json.optional(),
        extras: json.optional(),
        calledAs: z
          .strictObject({
            type: z.enum(['function', 'custom', 'tool_search']),
            name: z.string().min(1),
            namespace: z.string().optional(),
          })
          .optional(),
        cacheControl,
      }),
    )
    .optional(),
  toolChoice: z
    .union([z.enum(['auto', 'none', 'required']), z.strictObject({ tool: z.string().min(1) })], {
      error: 'write auto, none, required, or { tool: name }',
    })
    .optional(),
  output: z.strictObject({ name: z.string().min(1), schema: json }).optional(),
  task: z.strictObject({ type: z.literal('count') }).optional(),
}) satisfies z.ZodType<GenerationRequest>

const EMPTY = 'is empty: a vector of nothing says nothing'

/** A request for vectors. Ids of tokens are whole numbers, whatever the model. */
export const embedSchema = z.strictObject({
  messages: z.tuple([]),
  params: params.pick({ providerOptions: true, hints: true }).optional(),
  task: z.strictObject({
    type: z.literal('embed'),
    input: z
      .array(
        z.union([z.string().min(1, EMPTY), z.array(z.int().nonnegative()).min(1, EMPTY)], {
          error: 'write a text, or a list of the ids of its tokens',
        }),
      )
      .min(1, 'one input at least is needed'),
    dimensions: z.int().positive().max(MAX_DIMENSIONS).optional(),
  }),
}) satisfies z.ZodType<GenerationRequest>

/** What stands around the request itself. Callers in JavaScript have no types to show it. */
const envelope = z.looseObject({
  route: z.string().optional(),
  prompt: z.string().optional(),
  cache: z.enum(CACHE_CONTROLS, { error: `write one of ${CACHE_CONTROLS.join(', ')}` }).optional(),
  idempotencyKey: z.string().min(1, 'The idempotency key is empty').optional(),
  tools: z.array(z.looseObject({})).optional(),
  signal: z
    .custom((signal) => typeof signal === 'object' && signal !== null && 'removeEventListener' in signal, {
      error: 'an AbortSignal is needed',
    })
    .optional(),
})

/** Throws HoldfastError `invalid_request`, which names each field at fault. */
export function checkEnvelope(request: unknown): void {
  checked(envelope, request)
}

/** Throws HoldfastError `invalid_request`, which names each field at fault. */
export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw notValid(result.error)
}

/** Throws HoldfastError `invalid_request`, which names each field at fault. */
export const checkRequest = (request: unknown): GenerationRequest =>
  wantsVectors.safeParse(request).success ? checked(embedSchema, request) : checked(requestSchema, request)

/** Throws HoldfastError `invalid_request`, which names each input at fault. */
export const checkEmbedTask = (task: unknown): EmbedTask => checked(embedSchema.shape.task, task)

const wantsVectors = z.looseObject({ task: z.looseObject({ type: z.literal('embed') }) })

/** Throws HoldfastError `invalid_request`, which names each field at fault. */
export function checkMetadata(given: unknown): Metadata {
  const faults = metadataFaults(given)
  if (faults.length > 0) throw invalidRequest(`The request is not valid: ${faults.join('; ')}`)
  return wellFormedJson({ ...(given as Metadata | null | undefined) })
}

/** A search attribute and a memo have to carry it. */
const TENANT_LENGTH_MAX = 255

/** Throws HoldfastError `invalid_request`. */
export function checkTenant(tenant: unknown): string {
  const known = typeof tenant === 'string' && tenant.length > 0 && tenant.length <= TENANT_LENGTH_MAX
  if (known && wellFormed(tenant) === tenant) return tenant
  throw invalidRequest(`The tenant has to be well-formed text of 1 to ${TENANT_LENGTH_MAX} characters`)
}

function notValid({ issues }: z.ZodError): HoldfastError {
  const faults = issues.map(({ path, message: fault }) => `${path.join('.') || 'request'}: ${fault}`)
  return invalidRequest(`The request is not valid: ${faults.join('; ')}`)
}
