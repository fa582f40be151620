/**
 * What a Nexus caller sends, in whatever language: the fields of the library's request, in plain JSON, and no others.
 * `null` stands for absent: many languages write all fields of a record.
 */
import { z } from 'zod'
import type { NexusRequest } from '../contract/nexus'
import { checked } from './check'

/** What stands in it, `prepare` checks. */
const anything = z.unknown().optional()

const fields = z.strictObject({
  route: anything,
  messages: z.array(z.unknown()).optional(),
  prompt: anything,
  params: anything,
  schema: z.record(z.string(), z.unknown()).optional(),
  tools: anything,
  toolChoice: anything,
  override: anything,
  cache: anything,
  metadata: anything,
  idempotencyKey: anything,
  trace: anything,
} satisfies Record<keyof NexusRequest, z.ZodType>)

/** Throws HoldfastError `invalid_request`, which names each field at fault. */
export const readNexusRequest = (given: unknown): NexusRequest =>
  checked(fields, withoutNulls(given)) as NexusRequest

const withoutNulls = (given: unknown): unknown =>
  typeof given === 'object' && given !== null && !Array.isArray(given)
    ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
    : given
