/**
 * Every name that a span, an event or an attribute has: the one place where they are written. Those of GenAI are moving:
 * their registry has the status Development.
 *
 * Sources, read on 2026-11-28:
 * - `gen_ai.*`: github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/client-inference.md at 024a4f9
 * - `http.*`, `url.*`, `server.*`, `error.type`: github.com/open-telemetry/semantic-conventions, v1.44.0 (stable)
 */

export const ATTRIBUTES = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  requestStream: 'gen_ai.request.stream',
  maxTokens: 'gen_ai.request.max_tokens',
  temperature: 'gen_ai.request.temperature',
  topP: 'gen_ai.request.top_p',
  topK: 'gen_ai.request.top_k',
  seed: 'gen_ai.request.seed',
  frequencyPenalty: 'gen_ai.request.frequency_penalty',
  presencePenalty: 'gen_ai.request.presence_penalty',
  reasoningLevel: 'gen_ai.request.reasoning.level',
  outputType: 'gen_ai.output.type',
  responseModel: 'gen_ai.response.model',
  responseId: 'gen_ai.response.id',
  finishReasons: 'gen_ai.response.finish_reasons',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWriteTokens: 'gen_ai.usage.cache_write.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  /** Content: only where the config says so. */
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',

  errorType: 'error.type',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  urlFull: 'url.full',
  urlPath: 'url.path',
  urlScheme: 'url.scheme',
  serverAddress: 'server.address',
  serverPort: 'server.port',

  generation: 'holdfast.generation.id',
  route: 'holdfast.route',
  tenant: 'holdfast.tenant',
  target: 'holdfast.target',
  outcome: 'holdfast.outcome',
  served: 'holdfast.served',
  attempts: 'holdfast.attempts',
  failures: 'holdfast.failures',
  durable: 'holdfast.durable',
  cacheAgeMs: 'holdfast.cache.age_ms',
  candidate: 'holdfast.candidate',
  attempt: 'holdfast.attempt.number',
  hedge: 'holdfast.attempt.hedge',
  adopted: 'holdfast.adopted',
  retryInMs: 'holdfast.retry_in_ms',
  timeoutPhase: 'holdfast.timeout_phase',
  requestId: 'holdfast.provider.request_id',
  /** Content was to be captured, and is too large for a span. */
  contentLeftOut: 'holdfast.content_left_out',
  from: 'holdfast.from',
  to: 'holdfast.to',
  failureClass: 'holdfast.failure_class',
  kind: 'holdfast.kind',
} as const

export const EVENTS = {
  firstToken: 'holdfast.first_token',
  fallback: 'holdfast.fallback',
  hedge: 'holdfast.hedge',
  rescue: 'holdfast.rescue',
} as const

/** What they are named for whoever looks at a trace. */
export const SPANS = {
  generation: (route: string): string => `generation ${route}`,
  /** As the registry says: the operation and the model. */
  attempt: (operation: string, model: string): string => `${operation} ${model}`,
  /** As the registry says, where no template of the path is known. */
  http: (method: string): string => method,
  server: (method: string, route: string): string => `${method} ${route}`,
} as const

/** The tracer's name. */
export const SCOPE = 'holdfast'

/** A provider's name in the registry, by that in the config or by its wire format; any other keeps its own name. */
export const WELL_KNOWN_PROVIDERS: { [name: string]: string } = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'gcp.gemini',
  gemini: 'gcp.gemini',
  bedrock: 'aws.bedrock',
  azure: 'azure.ai.openai',
  mistral: 'mistral_ai',
  xai: 'x_ai',
}
