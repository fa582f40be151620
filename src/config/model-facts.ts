/**
 * Facts of well-known models, by target. The file's `models` win. What no source states stays out: unknown never
 * drops a candidate, and costs nothing but a missing `costUsd`. Prices are list prices, US dollars per million
 * tokens, for prompts below the size from which a provider charges more (noted where there is one).
 *
 * Read on 2026-11-22 from:
 * - Anthropic: platform.claude.com/docs/en/models/<model>/overview; prefill: whats-new-claude-4-6, "prefill removal".
 * - OpenAI: developers.openai.com/api/docs/deprecations (what is still served); numbers by
 *   vercel.com/ai-gateway/models/<model>, docs.litellm.ai/blog/gpt_6_1_sol and gpt-6-1-terra, which quote OpenAI's
 *   pricing page; GPT-6 Luna: the price table of codexometer v0.18.4; GPT-5 mini: github.com/github/docs,
 *   data/tables/copilot/models-and-pricing.yml; GPT-4o: the OpenAI page of CommitBrief's wiki.
 *   gpt-audio and gpt-audio-mini (read on 2026-11-27): developers.openai.com/api/docs/models/<model>, "Endpoints".
 *   Embedding models (read on 2026-11-28): tokenprice.fyi/models/text-embedding-3-small, which quotes OpenAI's page of the
 *   model; unanswered.io/guide/are-openai-embedding-models-free-pricing.
 * - Together: docs.together.ai/docs/inference/recommended-models; numbers by mastra.ai/models/providers/togetherai.
 */
import type { ModelFacts } from '../domain/routing/route'
import type { FileModel } from './schema'

const OPENAI_FEATURES = { images: true, tools: true, jsonSchema: true } as const satisfies ModelFacts
const AUDIO = {
  api: 'openai-chat',
  contextTokens: 128_000,
  maxOutputTokens: 16_384,
  images: false,
} as const satisfies FileModel
const CLAUDE_FEATURES = { images: true, tools: true } as const satisfies ModelFacts
const MILLION_CONTEXT = { contextTokens: 1_000_000, maxOutputTokens: 128_000 } as const satisfies ModelFacts
const CLAUDE_4_5 = {
  contextTokens: 200_000,
  maxOutputTokens: 64_000,
  prefill: true,
  ...CLAUDE_FEATURES,
} as const satisfies ModelFacts

const price = (
  inputPerMillion: number,
  cachedInputPerMillion: number | null,
  outputPerMillion: number,
): ModelFacts => ({
  inputPerMillion,
  ...(cachedInputPerMillion === null ? {} : { cachedInputPerMillion }),
  outputPerMillion,
})

const SONNET_4_5: ModelFacts = { ...CLAUDE_4_5, ...price(3, null, 15) }
const OPUS_4_5: ModelFacts = { ...CLAUDE_4_5, ...price(5, null, 25) }
const HAIKU_4_5: ModelFacts = { ...CLAUDE_4_5, ...price(1, null, 5) }

const FACTS: { [target: string]: FileModel } = {
  // Prompts above 272,000 tokens cost twice as much, answers half as much again.
  'openai/gpt-6.1-sol': {
    contextTokens: 1_050_000,
    maxOutputTokens: 128_000,
    ...OPENAI_FEATURES,
    ...price(2, 0.1, 10),
  },
  'openai/gpt-6.1-terra': {
    contextTokens: 1_050_000,
    maxOutputTokens: 128_000,
    ...OPENAI_FEATURES,
    ...price(1, 0.05, 5),
  },
  'openai/gpt-6-luna': price(0.1, 0.01, 0.5),
  // Shut down on 2026-12-11, both.
  'openai/gpt-5': {
    contextTokens: 400_000,
    maxOutputTokens: 128_000,
    ...OPENAI_FEATURES,
    ...price(1.25, null, 10),
  },
  'openai/gpt-5-mini': { contextTokens: 400_000, ...OPENAI_FEATURES, ...price(0.25, 0.025, 2) },
  // Shut down on 2027-01-14, both.
  'openai/gpt-4o': { contextTokens: 128_000, ...OPENAI_FEATURES, ...price(2.5, 1.25, 10) },
  'openai/gpt-4o-mini': { contextTokens: 128_000, ...OPENAI_FEATURES, ...price(0.15, 0.075, 0.6) },
  // Prices are those of text. The Responses API does not take them.
  'openai/gpt-audio': { ...AUDIO, ...price(2.5, null, 10) },
  'openai/gpt-audio-mini': { ...AUDIO, ...price(0.6, null, 2.4) },

  'openai/text-embedding-3-small': { dimensions: 1_536, inputPerMillion: 0.02 },
  'openai/text-embedding-3-large': { dimensions: 3_072, inputPerMillion: 0.13 },
  'openai/text-embedding-ada-002': { dimensions: 1_536, inputPerMillion: 0.1 },

  'anthropic/claude-opus-5-5': { ...MILLION_CONTEXT, ...CLAUDE_FEATURES, ...price(4, null, 20) },
  'anthropic/claude-sonnet-5-5': { ...MILLION_CONTEXT, ...CLAUDE_FEATURES, ...price(2, 0.2, 10) },
  // Prompts above 100,000 tokens cost five times as much.
  'anthropic/claude-haiku-5-5': { ...MILLION_CONTEXT, ...CLAUDE_FEATURES, ...price(0.1, null, 0.5) },
  'anthropic/claude-opus-5': { ...MILLION_CONTEXT, ...CLAUDE_FEATURES, ...price(5, 0.5, 25) },
  'anthropic/claude-sonnet-5': { ...MILLION_CONTEXT, ...CLAUDE_FEATURES, ...price(2, 0.2, 10) },
  'anthropic/claude-opus-4-5': OPUS_4_5,
  'anthropic/claude-opus-4-5-20251101': OPUS_4_5,
  // Retires on 2026-11-30.
  'anthropic/claude-sonnet-4-5': SONNET_4_5,
  'anthropic/claude-sonnet-4-5-20250929': SONNET_4_5,
  'anthropic/claude-haiku-4-5': HAIKU_4_5,
  'anthropic/claude-haiku-4-5-20251001': HAIKU_4_5,

  'together/meta-llama/Llama-3.3-70B-Instruct-Turbo': {
    contextTokens: 131_072,
    tools: true,
    ...price(0.88, null, 0.88),
  },
}

/**
 * What Anthropic takes for its prompt cache, as multiples of the input's price: reads 0.1, writes 1.25 for five minutes and 2
 * for an hour, for every model (platform.claude.com/docs, "Prompt caching", "Pricing"; read on 2026-11-28).
 */
const withCachePrices = (target: string, model: FileModel): FileModel => {
  const { inputPerMillion: input } = model
  if (input === undefined || !target.startsWith('anthropic/')) return model
  return {
    cachedInputPerMillion: dollars(input * 0.1),
    cacheWritePerMillion: dollars(input * 1.25),
    longCacheWritePerMillion: dollars(input * 2),
    ...model,
  }
}

/** Without the noise of binary fractions. */
const dollars = (value: number): number => Number(value.toFixed(6))

export const MODEL_FACTS: { [target: string]: FileModel } = Object.fromEntries(
  Object.entries(FACTS).map(([target, model]) => [target, withCachePrices(target, model)]),
)
