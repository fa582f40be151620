/**
 * OpenAI's models.
 *
 * Read on 2026-11-28 from:
 * - shutdownAt: developers.openai.com/api/docs/deprecations, as read by LiteLLM 1.110.2 (`deprecation_date`) and by
 *   dev.to/max_bob/openai-api-deprecations-2026-2027, which compared it with `shutdown_date` of `GET /v1/models`.
 * - Prices, windows, longest answers: LiteLLM 1.110.2, which names developers.openai.com/api/docs/pricing; windows of
 *   GPT-6 and 5.6 are 1,050,000 tokens, 922,000 of them for the input (model pages of OpenAI). LiteLLM's 272,000 of
 *   GPT-5 and 5.1 to 5.4-mini are the input's share of 400,000 (vercel.com/ai-gateway/models/<model>).
 *   gpt-audio and gpt-audio-mini (2026-11-27): developers.openai.com/api/docs/models/<model>, "Endpoints".
 *   Embedding models: tokenprice.fyi/models/text-embedding-3-small, which quotes OpenAI's page of the model;
 *   unanswered.io/guide/are-openai-embedding-models-free-pricing.
 * - efforts: the `supports_…_reasoning_effort` of LiteLLM; GPT-5.1: OpenAI's error text in anomalyco/opencode#4451; GPT-5.6:
 *   OpenAI's API reference in anomalyco/opencode#36141; GPT-6.1 Sol and Terra: apidog.com/blog/gpt-6-1-terra-api and
 *   dev.to/aihubmix, which quote OpenAI's reasoning guide; o-series: docs.rs/openai-tools, "Model Support".
 * - sampling and defaultEffort: developers.openai.com/api/docs/guides/deployment-checklist (GPT-6: none of it unless the effort is
 *   `none`); GPT-5.1 to 5.4: github.com/vercel/ai/issues/10932 and .../guides/latest-model, "parameter compatibility".
 */
import type { ReasoningEffort } from '../../domain/request/request'
import type { ModelFacts } from '../../domain/routing/route'
import type { FileModel } from '../schema'
import { named, price } from './price'

const FEATURES = { images: true, tools: true, jsonSchema: true } as const satisfies ModelFacts
const GPT_4 = { ...FEATURES, sampling: 'always' } as const satisfies ModelFacts

const THINKERS: ReasoningEffort[] = ['low', 'medium', 'high']
const TO_XHIGH: ReasoningEffort[] = ['none', ...THINKERS, 'xhigh']
const TO_MAX: ReasoningEffort[] = [...TO_XHIGH, 'max']
const ALWAYS_THINKING: ReasoningEffort[] = [...THINKERS, 'xhigh', 'max']

const O_SERIES = {
  contextTokens: 200_000,
  maxOutputTokens: 100_000,
  ...FEATURES,
  efforts: THINKERS,
  sampling: 'never',
} satisfies ModelFacts
const GPT_5 = {
  contextTokens: 400_000,
  maxOutputTokens: 128_000,
  ...FEATURES,
  efforts: ['minimal', ...THINKERS],
  sampling: 'never',
} satisfies ModelFacts
/** GPT-5.1 to 5.4: they reason when it is requested. */
const ON_DEMAND = {
  ...GPT_5,
  efforts: TO_XHIGH,
  defaultEffort: 'none',
  sampling: 'without-reasoning',
} satisfies ModelFacts
const MILLION = { contextTokens: 1_050_000, maxOutputTokens: 128_000 } as const satisfies ModelFacts
const GPT_5_6 = {
  ...MILLION,
  ...FEATURES,
  efforts: TO_MAX,
  sampling: 'without-reasoning',
} satisfies ModelFacts
/** Prompts above 272,000 tokens cost twice as much, answers half as much again. */
const GPT_6 = GPT_5_6
const AUDIO = {
  api: 'openai-chat',
  contextTokens: 128_000,
  maxOutputTokens: 16_384,
  images: false,
  jsonSchema: false,
  shutdownAt: '2027-01-20',
} as const satisfies FileModel

const GPT_4_END = { ...GPT_4, shutdownAt: '2027-01-14' } as const satisfies ModelFacts
const GPT_4_1 = { ...GPT_4_END, contextTokens: 1_047_576, maxOutputTokens: 32_768 } as const
const GPT_4O = { ...GPT_4_END, contextTokens: 128_000, maxOutputTokens: 16_384 } as const
const DECEMBER = { shutdownAt: '2026-12-11' } as const satisfies ModelFacts
const APRIL = { shutdownAt: '2027-04-01' } as const satisfies ModelFacts

export const OPENAI: { [target: string]: FileModel } = named<FileModel>('openai', {
  'gpt-6-astra': { ...GPT_6, efforts: ALWAYS_THINKING, sampling: 'never', ...price(10, 1, 50) },
  'gpt-6.1-sol': {
    ...GPT_6,
    efforts: ALWAYS_THINKING,
    defaultEffort: 'medium',
    sampling: 'never',
    ...price(2, 0.1, 10),
  },
  'gpt-6.1-terra': { ...GPT_6, defaultEffort: 'medium', ...price(1, 0.05, 5) },
  'gpt-6-sol': { ...GPT_6, ...price(2, 0.2, 10) },
  'gpt-6-luna': { ...GPT_6, ...price(0.1, 0.01, 0.5) },

  'gpt-5.6 gpt-5.6-sol': { ...GPT_5_6, ...price(4, 0.4, 20) },
  'gpt-5.6-terra': { ...GPT_5_6, ...price(2, 0.2, 12) },
  'gpt-5.6-luna': { ...GPT_5_6, ...price(0.2, 0.02, 1.2) },
  'gpt-5.5 gpt-5.5-2026-04-23': { ...MILLION, ...FEATURES, efforts: TO_XHIGH, ...price(5, 0.5, 30) },
  'gpt-5.4': { ...ON_DEMAND, ...MILLION, ...price(2.5, 0.25, 15) },
  'gpt-5.4-mini gpt-5.4-mini-2026-03-17': { ...ON_DEMAND, ...price(0.75, 0.075, 4.5) },
  'gpt-5.4-nano gpt-5.4-nano-2026-03-17': { ...ON_DEMAND, ...APRIL, ...price(0.2, 0.02, 1.25) },
  'gpt-5.3-codex': {
    ...FEATURES,
    contextTokens: 400_000,
    maxOutputTokens: 128_000,
    efforts: TO_XHIGH,
    ...APRIL,
    ...price(1.75, 0.175, 14),
  },
  'gpt-5.2 gpt-5.2-2025-12-11': { ...ON_DEMAND, ...price(1.75, 0.175, 14) },
  'gpt-5.1 gpt-5.1-2025-11-13': {
    ...ON_DEMAND,
    efforts: ['none', ...THINKERS],
    ...APRIL,
    ...price(1.25, 0.125, 10),
  },
  'gpt-5 gpt-5-2025-08-07': { ...GPT_5, ...DECEMBER, ...price(1.25, 0.125, 10) },
  'gpt-5-mini gpt-5-mini-2025-08-07': { ...GPT_5, ...DECEMBER, ...price(0.25, 0.025, 2) },
  'gpt-5-nano gpt-5-nano-2025-08-07': { ...GPT_5, ...DECEMBER, ...price(0.05, 0.005, 0.4) },
  'o3 o3-2025-04-16': { ...O_SERIES, ...DECEMBER, ...price(2, 0.5, 8) },
  // Shut down in October 2026, for configs that still name them.
  'o4-mini o4-mini-2025-04-16': { ...O_SERIES, shutdownAt: '2026-10-23', ...price(1.1, 0.275, 4.4) },
  'o3-mini o3-mini-2025-01-31': {
    ...O_SERIES,
    images: false,
    shutdownAt: '2026-10-23',
    ...price(1.1, 0.55, 4.4),
  },

  'gpt-4.1 gpt-4.1-2025-04-14': { ...GPT_4_1, ...price(2, 0.5, 8) },
  'gpt-4.1-mini gpt-4.1-mini-2025-04-14': { ...GPT_4_1, ...price(0.4, 0.1, 1.6) },
  'gpt-4.1-nano gpt-4.1-nano-2025-04-14': {
    ...GPT_4_1,
    shutdownAt: '2026-10-23',
    ...price(0.1, 0.025, 0.4),
  },
  'gpt-4 gpt-4-turbo gpt-3.5-turbo': { shutdownAt: '2026-10-23' },
  'gpt-4o gpt-4o-2024-08-06 gpt-4o-2024-11-20': { ...GPT_4O, ...price(2.5, 1.25, 10) },
  'gpt-4o-mini gpt-4o-mini-2024-07-18': { ...GPT_4O, ...price(0.15, 0.075, 0.6) },
  'text-embedding-3-small': { dimensions: 1_536, inputPerMillion: 0.02 },
  'text-embedding-3-large': { dimensions: 3_072, inputPerMillion: 0.13 },
  'text-embedding-ada-002': { dimensions: 1_536, inputPerMillion: 0.1 },
  // Prices are those of text. The Responses API does not take them.
  'gpt-audio gpt-audio-2025-08-28': { ...AUDIO, ...price(2.5, null, 10) },
  'gpt-audio-mini gpt-audio-mini-2025-12-15': { ...AUDIO, ...price(0.6, null, 2.4) },
})
