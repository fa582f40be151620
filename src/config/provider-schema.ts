/** The shape of `providers` and `models` in the config file. */
import { z } from 'zod'
import { REASONING_EFFORTS } from '../domain/request/request'
import { APIS } from '../formats/outbound/wire-format'
import { count, day, envName, HEADER_NAME, headers, price } from './fields'

const AUTH = 'write bearer, none, sigv4 or header:<name>, e.g. header:x-api-key'

const perMinute = (what: string) => count().optional().describe(`${what} a minute.`)

/** Of one key. */
export const limitsSchema = z.strictObject({
  requestsPerMinute: perMinute('Requests'),
  requestsPerDay: count().optional().describe('Requests a day.'),
  tokensPerMinute: perMinute('Tokens, input and output together,'),
  tokensPerDay: count().optional().describe('Tokens, input and output together, a day.'),
  inputTokensPerMinute: perMinute('Input tokens'),
  outputTokensPerMinute: perMinute('Output tokens'),
})

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
  limits: limitsSchema
    .optional()
    .describe(
      'What each key may have of all models together. What the provider says by headers goes beside it.',
    ),
  headers: headers().optional().describe(`Extra request headers. Values may hold \${ENV}.`),
  query: z
    .record(z.string().min(1), z.string())
    .optional()
    .describe(`Extra query parameters. Values may hold \${ENV}.`),
})

export const modelSchema = z.strictObject({
  api: z.enum(APIS).optional().describe('The wire format of its calls. Default: its provider’s.'),
  limits: limitsSchema.optional().describe('What each key of its provider may have of this model.'),
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
