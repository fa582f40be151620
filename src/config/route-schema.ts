/** The shape of a route in the config file, and of what every route inherits. */
import { z } from 'zod'
import { isMetadataKey } from '../domain/request/metadata'
import { REASONING_EFFORTS } from '../domain/request/request'
import { ORDERS } from '../domain/routing/route'
import { MAX_ATTEMPTS, MAX_PARK_MS, MAX_PASSES, MAX_RANK, MAX_TIMEOUT_MS, MAX_WEIGHT } from './defaults'
import { count, duration, headers, percent, target } from './fields'

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
      weight: z
        .number()
        .min(0)
        .max(MAX_WEIGHT)
        .optional()
        .describe(
          'Of order weighted: its share of the first places among its rank; 0: behind them. Default 1.',
        ),
      rank: z
        .int()
        .min(1)
        .max(MAX_RANK)
        .optional()
        .describe(
          'Candidates of one rank are ordered among themselves, the next rank stands behind. Default 1.',
        ),
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

const STICKY_METADATA = 'metadata:'
const STICKY_WORDS =
  'write false, promptCacheKey, user, conversation, or metadata:<key>, a key of the requests’ metadata'

export const stickySchema = z.union(
  [
    z.literal(false),
    z.enum(['promptCacheKey', 'user', 'conversation']),
    z
      .templateLiteral([STICKY_METADATA, z.string()])
      .refine((text) => isMetadataKey(text.slice(STICKY_METADATA.length)), { error: STICKY_WORDS }),
  ],
  { error: STICKY_WORDS },
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
  order: z
    .enum(['given', ...ORDERS])
    .optional()
    .describe(
      'Who stands first. given: as listed. weighted: drawn by weights. latency: the fastest of late. cost: the cheapest. Default given.',
    ),
  sticky: stickySchema
    .optional()
    .describe('Of order weighted: what keeps requests to one deployment. Default: nothing does.'),
  express: z
    .boolean()
    .optional()
    .describe(
      'For short calls: the first call of each candidate runs within the workflow task, with half of the writes in Temporal. Default false.',
    ),
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
  retryBudget: percent()
    .optional()
    .describe(
      'The share of the route’s calls to a target that may be retries, as each worker counts them; what finds no room goes to the next candidate. Default: no bound but maximumAttempts.',
    ),
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
  onUnauthorized: z
    .enum(['fail', 'park'])
    .optional()
    .describe(
      'Where nobody can answer for lack of a valid key. fail: an error. park: the generation waits for one. Default fail.',
    ),
  parkFor: duration({ atMostMs: MAX_PARK_MS })
    .optional()
    .describe('How long it waits for a key. Default 7d.'),
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
