/**
 * The shape of the config file. What it says of one field stands here; what holds between fields, in `rules.ts`.
 * Everything is optional but `candidates`: `defaults.ts` fills in. The JSON Schema for editors comes from here too.
 */
import { z } from 'zod'
import { isMetadataKey, KEY_CHARS_MAX, PAIRS_MAX } from '../domain/request/metadata'
import { REASONING_EFFORTS } from '../domain/request/request'
import { APIS } from '../formats/outbound/wire-format'
import { MAX_ATTEMPTS, MAX_PASSES, MAX_TIMEOUT_MS, MIN_CACHE_SIZE } from './defaults'
import { bytes, day, duration, envName, HEADER_NAME, headers, name, percent, target } from './fields'

const count = () => z.int().min(1)
const price = () => z.number().min(0)

const AUTH = 'write bearer, none, sigv4 or header:<name>, e.g. header:x-api-key'

export const providerSchema = z.strictObject({
  api: z.enum(APIS).describe('The wire format of its API.'),
  baseUrl: z
    .string()
    .describe(`http or https, up to and with the version, e.g. https://api.openai.com/v1. May hold \${ENV}.`),
  auth: z
    .union(
      [
        z.enum(['bearer', 'none', 'sigv4']),
        z.string().regex(new RegExp(`^header:${HEADER_NAME.source.slice(1)}`), { error: AUTH }),
      ],
      { error: AUTH },
    )
    .optional()
    .describe(
      'Where the key goes: bearer, header:<name> or none; sigv4: AWS signs. Default: as the api wants it; without a key sigv4 for bedrock, else none.',
    ),
  region: z
    .string()
    .regex(/^(?:[a-z0-9-]+|\$\{\w+\})$/, { error: 'not a region: write it like us-east-1' })
    .optional()
    .describe(`sigv4: the region that is signed for. Default: as the host's name says. May be \${ENV}.`),
  credentialsEnv: z
    .strictObject({
      accessKeyId: envName(),
      secretAccessKey: envName(),
      sessionToken: envName().optional(),
    })
    .optional()
    .describe(
      'sigv4: the environment variables that hold the credentials. Default: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, where it is set, AWS_SESSION_TOKEN.',
    ),
  apiKeyEnv: envName().optional().describe('The environment variable that holds the key.'),
  apiKeysEnv: z
    .array(envName())
    .min(1)
    .optional()
    .describe('Several such variables: a key that is refused is left alone, the next one is used.'),
  headers: headers().optional().describe(`Extra request headers. Values may hold \${ENV}.`),
  query: z
    .record(z.string().min(1), z.string())
    .optional()
    .describe(`Extra query parameters. Values may hold \${ENV}.`),
})

export const modelSchema = z.strictObject({
  api: z.enum(APIS).optional().describe('The wire format of its calls. Default: its provider’s.'),
  contextTokens: count().optional().describe('The context window, tokens.'),
  maxOutputTokens: count().optional().describe('The longest answer, tokens.'),
  images: z.boolean().optional().describe('Does it read images?'),
  tools: z.boolean().optional().describe('Does it call tools?'),
  jsonSchema: z.boolean().optional().describe('Does it keep to a JSON schema?'),
  prefill: z.boolean().optional().describe('Does it go on from a last assistant message?'),
  efforts: z
    .array(z.enum(REASONING_EFFORTS))
    .min(1)
    .optional()
    .describe('The words for reasoningEffort that it takes; another one is sent as the nearest of them.'),
  defaultEffort: z
    .enum(REASONING_EFFORTS)
    .optional()
    .describe('What it does where nothing is said of effort. Default: it reasons.'),
  sampling: z
    .enum(['always', 'without-reasoning', 'never'])
    .optional()
    .describe('Does it take temperature, topP and topK? without-reasoning: where the effort is none.'),
  forcedTools: z.boolean().optional().describe('Can it be made to call a tool?'),
  shutdownAt: day().optional().describe('The day on which its provider shuts it down, e.g. 2026-12-11.'),
  sharesModel: z
    .string()
    .min(1)
    .optional()
    .describe('Of vectors: the name of the same model at other targets, or of what the provider reports.'),
  dimensions: count().optional().describe('How many numbers a vector of its has.'),
  inputPerMillion: price().optional().describe('US dollars per million input tokens.'),
  cachedInputPerMillion: price()
    .optional()
    .describe('US dollars per million input tokens that are read from the prompt cache.'),
  cacheWritePerMillion: price()
    .optional()
    .describe('US dollars per million input tokens that are written to it.'),
  longCacheWritePerMillion: price()
    .optional()
    .describe('The same, where they are kept longer (Anthropic: an hour).'),
  outputPerMillion: price().optional().describe('US dollars per million output tokens.'),
})

export const paramsSchema = z.strictObject({
  maxTokens: count().optional(),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  stop: z.array(z.string().min(1)).optional(),
  seed: z.int().optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  presencePenalty: z.number().min(-2).max(2).optional(),
  topK: count().optional(),
  parallelToolCalls: z.boolean().optional(),
  reasoningEffort: z.enum(REASONING_EFFORTS).optional(),
  providerOptions: z
    .record(z.string(), z.record(z.string(), z.json()))
    .optional()
    .describe('By provider: merged into the body of its requests as it is.'),
})

const timeout = () => duration({ atMostMs: MAX_TIMEOUT_MS })
export const timeoutsSchema = z.strictObject({
  connect: timeout().optional().describe('TCP and TLS. Default 5s.'),
  attempt: timeout().optional().describe('One whole call. Default 120s.'),
  firstToken: timeout().optional().describe('Streamed calls: until the first token. Default 30s.'),
  idle: timeout()
    .optional()
    .describe(
      'Streamed calls: the longest silence after the first token; pings are no silence. Default 20s.',
    ),
  workerLost: timeout()
    .optional()
    .describe('How long a worker may be silent before its call goes to another. Default 10s, at least 1s.'),
})

export const retrySchema = z.strictObject({
  maximumAttempts: z
    .int()
    .min(1)
    .max(MAX_ATTEMPTS)
    .optional()
    .describe('Calls to one candidate in one pass, the first included. Default 2.'),
  initialInterval: duration().optional().describe('The pause before the first retry. Default 500ms.'),
  backoffCoefficient: z
    .number()
    .min(1)
    .max(10)
    .optional()
    .describe('By how much each further pause grows. Default 2.'),
  maximumInterval: duration().optional().describe('The longest pause. Default 10s.'),
  maxWait: duration({ allowZero: true })
    .optional()
    .describe('The longest Retry-After that is waited for while another candidate is left. Default 3s.'),
  jitter: z
    .union([z.enum(['full', 'none']), duration({ allowZero: true })], {
      error: 'write full, none, or a duration such as 200ms',
    })
    .optional()
    .describe('full: anywhere from 0 to the pause. none. A duration: up to so much on top. Default full.'),
})

export const circuitSchema = z.strictObject({
  consecutive: count()
    .optional()
    .describe('So many failures in a row open it. Default 5, unless rate is given.'),
  rate: z
    .strictObject({
      threshold: percent().optional().describe('The share of failed calls that opens it. Default 50%.'),
      window: duration().optional().describe('Over which time. Default 30s.'),
      minimumCalls: count().optional().describe('Under so many calls nothing is concluded. Default 20.'),
    })
    .optional(),
  openFor: duration().optional().describe('The first pause; it doubles while probes fail. Default 10s.'),
  maxOpenFor: duration().optional().describe('The longest pause. Default 10s.'),
  whenAllOpen: z
    .enum(['try', 'fail', 'wait'])
    .optional()
    .describe('When every candidate is open. Default try.'),
})

export const cacheSchema = z.strictObject({
  ttl: duration().optional().describe('How long an answer is fresh. Default 1h.'),
  staleIfError: duration({ allowZero: true })
    .optional()
    .describe('How long after that it may stand in for an error. Default 24h.'),
  staleWhileRevalidate: duration({ allowZero: true })
    .optional()
    .describe('How long after that it is served while it is renewed. Default 0s.'),
  coalesce: z
    .boolean()
    .optional()
    .describe('Do equal requests in flight share one generation? Default false.'),
})

export const candidateSchema = z.union(
  [
    target(),
    z.strictObject({
      target: target(),
      params: paramsSchema.optional(),
      headers: headers().optional().describe(`Extra request headers. Values may hold \${ENV}.`),
      timeouts: timeoutsSchema.optional(),
      retry: retrySchema.optional(),
      background: z
        .boolean()
        .optional()
        .describe(
          'Of openai-responses: calls go on at the provider while nobody listens, and are read on after a loss. The provider keeps them. Default false.',
        ),
    }),
  ],
  { error: 'not a candidate: write provider/model, or { target: provider/model, ... }' },
)

export const strategySchema = z.union(
  [
    z.enum(['sequence', 'race']),
    z.strictObject({
      hedge: z.strictObject({
        after: duration().describe('Start the next candidate when so long has passed without an answer.'),
        max: z.int().min(1).max(10).optional().describe('Hedges in flight at most. Default 1.'),
        budget: percent().optional().describe('The share of requests that may be hedged. Default 10%.'),
      }),
    }),
  ],
  { error: 'write sequence, race, or { hedge: { after: 800ms } }' },
)

export const shadowSchema = z.union(
  [
    z.literal(false),
    z.strictObject({
      target: target(),
      share: percent().optional().describe('Of the requests that a provider has answered. Default 1%.'),
    }),
  ],
  { error: 'write false, or { target: provider/model, share: 1% }' },
)

export const routeSchema = z.strictObject({
  kind: z
    .enum(['generations', 'embeddings'])
    .optional()
    .describe('embeddings: it makes vectors, and all of its candidates are one model. Default generations.'),
  candidates: z
    .array(candidateSchema)
    .min(1, { error: 'name at least one candidate' })
    .optional()
    .describe('The targets, in order of preference.'),
  strategy: strategySchema.optional().describe('Default sequence.'),
  deadline: duration().optional().describe('The whole generation. Default 5m.'),
  maxDeadline: duration()
    .optional()
    .describe(
      'The longest deadline that a request may ask for. Default 24h, or deadline where that is longer.',
    ),
  passes: z
    .int()
    .min(1)
    .max(MAX_PASSES)
    .optional()
    .describe('How often the candidates are gone through. Default 1.'),
  timeouts: timeoutsSchema.optional(),
  retry: retrySchema.optional(),
  circuit: z
    .union([z.literal(false), circuitSchema], { error: 'write false, or a block such as { consecutive: 5 }' })
    .optional()
    .describe('false: no circuits; every candidate is called, whatever happened to it before.'),
  cache: z
    .union([z.literal(false), cacheSchema], { error: 'write false, or a block such as { ttl: 1h }' })
    .optional()
    .describe('Absent or false: nothing is cached.'),
  params: paramsSchema.optional().describe('For every candidate of the route; a candidate’s own win.'),
  fallbackOnRefusal: z
    .boolean()
    .optional()
    .describe('Does a refusal over content go to the next candidate? Default false.'),
  unsupportedParams: z
    .enum(['fail', 'drop'])
    .optional()
    .describe('What a provider can’t do: fail before the call, or leave it out. Default fail.'),
  upstream: z
    .enum(['as-caller', 'stream'])
    .optional()
    .describe('stream: stream from the provider even for callers that don’t. Default as-caller.'),
  promptCache: z
    .enum(['off', 'auto', 'auto-1h'])
    .optional()
    .describe(
      'auto: marks and keys for the providers’ prompt caches, where the caller sets none; auto-1h: Anthropic keeps them for an hour. Default off.',
    ),
  rescue: z
    .union(
      [z.enum(['prefix', 'buffer']), z.strictObject({ buffer: duration({ atMostMs: MAX_TIMEOUT_MS }) })],
      {
        error: 'write prefix, buffer, or { buffer: 1s }',
      },
    )
    .optional()
    .describe(
      'What becomes of a cut stream. prefix: the next call goes on behind the words that callers have, or ends in an error. buffer: the first words are held back too (1s, or as given), and one cut before is made anew. Default prefix.',
    ),
  shadow: shadowSchema
    .optional()
    .describe(
      'A target that gets a share of the requests as well, after their answer, to be compared. Default none.',
    ),
})

/** Where answers are kept; whether they are, each route says by its own `cache`. */
export const storeSchema = z.strictObject({
  store: z
    .enum(['disk', 'memory', 'redis'])
    .optional()
    .describe('disk: shared by the processes of a host. memory: of one process. redis. Default disk.'),
  path: z.string().min(1).optional().describe('disk: its folder. Default .holdfast/cache.'),
  maxBytes: bytes({ atLeast: MIN_CACHE_SIZE })
    .optional()
    .describe('disk and memory: how much is kept, e.g. 256MB. Default 256MB.'),
  url: z
    .string()
    .min(1)
    .optional()
    .describe(
      `redis: redis://, rediss:// or, for a cluster, redis+cluster://one:6379,two:6379. May hold \${ENV}.`,
    ),
})

/** Through what a running generation's words reach those who wait for it. */
export const deliverySchema = z.strictObject({
  store: z
    .enum(['memory', 'redis'])
    .optional()
    .describe('memory: gateway and worker are one process. redis: they are several. Default memory.'),
  url: z
    .string()
    .min(1)
    .optional()
    .describe(
      `redis: redis://, rediss:// or, for a cluster, redis+cluster://one:6379,two:6379. May hold \${ENV}.`,
    ),
})

const metadataKeys = () =>
  z
    .array(
      z.string().refine((key) => isMetadataKey(key) && !key.includes('='), {
        error: `no key of metadata: 1 to ${KEY_CHARS_MAX} characters, no = and no control character`,
      }),
    )
    .max(PAIRS_MAX)
    .optional()

export const metadataSchema = z.strictObject({
  searchable: metadataKeys().describe(
    'Keys that generations are found by: their pairs stand, not encrypted, in the search attribute HoldfastMetadata. Default none.',
  ),
  logged: metadataKeys().describe('Keys that log lines may have. Default none.'),
})

const telemetrySchema = z.strictObject({
  captureContent: z
    .boolean()
    .optional()
    .describe('true: the spans of calls hold prompts and answers. Default false.'),
  propagateToProviders: z
    .boolean()
    .optional()
    .describe("true: providers are sent their call's traceparent. Default false."),
})

export const fileSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors; not read.'),
  providers: z
    .record(name(), providerSchema)
    .optional()
    .describe('By name. Absent: openai, anthropic, together and google.'),
  models: z
    .record(target(), modelSchema)
    .optional()
    .describe('Facts by provider/model, over the shipped ones.'),
  defaults: routeSchema.optional().describe('What every route inherits: lists replace, blocks merge.'),
  cache: storeSchema.optional().describe('Where answers are kept, for the routes that have a cache.'),
  delivery: deliverySchema
    .optional()
    .describe('Through what the words of running generations reach those who wait for them.'),
  whenTemporalDown: z
    .enum(['fail', 'direct'])
    .optional()
    .describe('fail: an error at once. direct: without Temporal, in process, not durable. Default fail.'),
  metadata: metadataSchema
    .optional()
    .describe(
      'What of the metadata of requests leaves the memo of a generation, where values may be personal.',
    ),
  telemetry: telemetrySchema.optional().describe('What traces hold, where they are on.'),
  routes: z.record(name(), routeSchema).optional().describe('By name.'),
})

/** What the file says, with durations in ms and shares as numbers. */
export type FileConfig = z.output<typeof fileSchema>
export type FileRoute = z.output<typeof routeSchema>
export type FileProvider = z.output<typeof providerSchema>
export type FileModel = z.output<typeof modelSchema>
export type FileStore = z.output<typeof storeSchema>
export type FileDelivery = z.output<typeof deliverySchema>
export type FileCandidate = z.output<typeof candidateSchema>
/** What an author writes, in TypeScript. */
export type ConfigInput = z.input<typeof fileSchema>
