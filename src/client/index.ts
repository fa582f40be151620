/** `import … from 'holdfast'`: what backend code uses. A client only; it never loads the native worker. */
import type { Holdfast, HoldfastOptions } from './types'

export { defineConfig } from '../config/define'
export type { Override } from '../config/override'
export { ConfigError } from '../config/problems'
export type { ConfigInput } from '../config/schema'
export { type Accepted, HoldfastError } from '../contract/errors'
export type { ErrorKind, GenerationResult, Served } from '../contract/generation'
export { jsonSchema, type TypedSchema } from '../contract/typed-schema'
export { FAILURE_CLASSES, type Failure, type FailureClass } from '../domain/failures/failure'
export type { JsonObject, JsonValue } from '../domain/request/json'
export type { Metadata } from '../domain/request/metadata'
export type { OpaqueBlock } from '../domain/request/opaque'
export type { Message, Params, ToolCall, ToolChoice } from '../domain/request/request'
export type { AttemptRecord } from '../domain/routing/attempt'
export type { Answer, FinishReason, Usage } from '../domain/streaming/answer'
export type { GenerateRequest, SchemaInput, ToolInput } from '../request'
export type { GenerationEvent } from './events'
export type { AttachOptions, EventOptions } from './running'
export type { GenerationStatus } from './status'
export type {
  Embeddings,
  EmbedRequest,
  ForgetOptions,
  Forgotten,
  Generation,
  Holdfast,
  HoldfastOptions,
  StreamRequest,
} from './types'

/**
 * Reads the config; connects at the first call. Throws ConfigError, TemporalSettingsError, or HoldfastError where the
 * tenant is none.
 * Temporal's client is loaded here, not by the import: it takes a quarter of a second.
 */
export async function createHoldfast(options: HoldfastOptions = {}): Promise<Holdfast> {
  const client = await import('./create-holdfast')
  return client.createHoldfast(options)
}
