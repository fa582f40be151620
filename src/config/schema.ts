/**
 * The shape of the config file. What it says of one field stands here; what holds between fields, in `rules.ts`.
 * Everything is optional but `candidates`: `defaults.ts` fills in. The JSON Schema for editors comes from here too.
 */
import { z } from 'zod'
import { name, target } from './fields'
import { payloadsSchema } from './payload-settings'
import { deliverySchema, metadataSchema, nexusSchema, storeSchema, telemetrySchema } from './process-schema'
import { modelSchema, providerSchema } from './provider-schema'
import { type candidateSchema, routeSchema } from './route-schema'
import { type tenantSchema, tenantsSchema } from './tenant-schema'

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
  payloads: payloadsSchema
    .optional()
    .describe(
      'Where requests and answers stand that are too large for Temporal. Absent: nowhere; up has disk.',
    ),
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
  nexus: nexusSchema
    .optional()
    .describe('Workers serve the Nexus service holdfast. Absent: they do not poll for it.'),
  tenants: tenantsSchema
    .optional()
    .describe('What tenants may use, by name; default: those that are not named, and requests without one.'),
  routes: z.record(name(), routeSchema).optional().describe('By name.'),
})

/** What the file says, with durations in ms and shares as numbers. */
export type FileConfig = z.output<typeof fileSchema>
export type FileRoute = z.output<typeof routeSchema>
export type FileProvider = z.output<typeof providerSchema>
export type FileModel = z.output<typeof modelSchema>
export type FileStore = z.output<typeof storeSchema>
export type FileDelivery = z.output<typeof deliverySchema>
export type FileTenant = z.output<typeof tenantSchema>
export type FileCandidate = z.output<typeof candidateSchema>
/** What an author writes, in TypeScript. */
export type ConfigInput = z.input<typeof fileSchema>
