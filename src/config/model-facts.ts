/**
 * Facts of well-known models, by target. The file's `models` win. What no source states stays out: unknown never
 * drops a candidate, refuses nothing, and costs nothing but a missing `costUsd`. Prices are list prices, US dollars per
 * million tokens, for prompts below the size from which a provider charges more (noted where there is one).
 *
 * Where each figure was read, and when, stands at the head of its provider's file.
 */
import { ANTHROPIC } from './facts/anthropic'
import { GOOGLE } from './facts/google'
import { OPEN_MODELS } from './facts/open-models'
import { OPENAI } from './facts/openai'
import type { FileModel } from './schema'

export const MODEL_FACTS: { [target: string]: FileModel } = {
  ...OPENAI,
  ...ANTHROPIC,
  ...GOOGLE,
  ...OPEN_MODELS,
}
