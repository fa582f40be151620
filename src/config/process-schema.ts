/** The shape of what the config file says of the process: where it keeps things, and what leaves it. */
import { z } from 'zod'
import { isMetadataKey, KEY_CHARS_MAX, PAIRS_MAX } from '../domain/request/metadata'
import { wellFormed } from '../domain/request/text'
import { MIN_CACHE_SIZE } from './defaults'
import { bytes, MAX_NAME_CHARS } from './fields'

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

export const telemetrySchema = z.strictObject({
  captureContent: z
    .boolean()
    .optional()
    .describe('true: the spans of calls hold prompts and answers. Default false.'),
  propagateToProviders: z
    .boolean()
    .optional()
    .describe("true: providers are sent their call's traceparent. Default false."),
})

/** As Temporal has them. */
const endpointName = () =>
  z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,198}[A-Za-z0-9]$/, {
    error: 'not the name of a Nexus endpoint: letters, digits and dashes, a letter first and no dash last',
  })

const tenant = () =>
  z
    .string()
    .min(1)
    .max(MAX_NAME_CHARS)
    .refine((text) => wellFormed(text) === text, 'not well-formed text')

export const nexusSchema = z.strictObject({
  endpoints: z
    .record(
      endpointName(),
      z.strictObject({
        tenant: tenant()
          .optional()
          .describe("Whose the generations of this endpoint's callers are. Default: nobody's."),
      }),
    )
    .refine((endpoints) => Object.keys(endpoints).length > 0, 'name one endpoint at least')
    .describe('By name, as registered in Temporal. Others are refused.'),
})
