export { ConfigError } from '../config'
export type { ErrorKind, GenerationResult } from '../contract/generation'
export type { Answer, FinishReason, Usage } from '../domain/answer'
export type { AttemptRecord } from '../domain/attempt'
export { FAILURE_CLASSES, type Failure, type FailureClass } from '../domain/failure'
export type {
  GenerationRequest,
  Message,
  OutputSchema,
  Params,
  Tool,
  ToolCall,
  ToolChoice,
} from '../domain/request'
export {
  createHoldfast,
  type GenerateRequest,
  type Generation,
  type Holdfast,
  type HoldfastOptions,
} from './create-holdfast'
export { type Accepted, HoldfastError } from './errors'
