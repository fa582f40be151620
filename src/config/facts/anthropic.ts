/**
 * Anthropic's models.
 *
 * Read on 2026-11-28 from:
 * - Prices, windows, longest answers, prefill: platform.claude.com/docs/en/models/<model>/overview (2026-11-22) and LiteLLM 1.110.2,
 *   which names the same pages. Prefill: whats-new-claude-4-6, "prefill removal".
 * - efforts: reference.langchain.com, ANTHROPIC_EFFORTS_NO_MAX (Opus 4.5 takes neither `max` nor `xhigh`, `max` came with 4.6,
 *   `xhigh` with Opus 4.7), and LiteLLM.
 * - sampling, forcedTools: platform.claude.com, whats-new-opus-5-5, -sonnet-5-5 and -haiku-5-5, and the migration guides (Opus 5.5,
 *   Sonnet 5.5 and Fable 5.1 refuse forced tools; Haiku 5.5 does not); LiteLLM (`supports_sampling_params`,
 *   `supports_forced_tool_use`).
 * - Writes to the prompt cache: platform.claude.com/docs, "Prompt caching", "Pricing".
 * - shutdownAt: `DEPRECATED_MODELS` of `@anthropic-ai/sdk` 1.12 and LiteLLM. Dates that Anthropic calls "not sooner than" are none.
 */
import type { ReasoningEffort } from '../../domain/request/request'
import type { ModelFacts } from '../../domain/routing/route'
import type { FileModel } from '../schema'
import { named, price } from './price'

const FEATURES = { images: true, tools: true } as const satisfies ModelFacts
const TO_HIGH: ReasoningEffort[] = ['none', 'low', 'medium', 'high']
const TO_MAX: ReasoningEffort[] = [...TO_HIGH, 'xhigh', 'max']

const CLAUDE_4_5 = {
  contextTokens: 200_000,
  maxOutputTokens: 64_000,
  prefill: true,
  ...FEATURES,
} as const satisfies ModelFacts
const SINCE_4_6 = {
  contextTokens: 1_000_000,
  maxOutputTokens: 128_000,
  prefill: false,
  ...FEATURES,
} as const satisfies ModelFacts
const CLAUDE_4_6 = { ...SINCE_4_6, efforts: [...TO_HIGH, 'max'] } satisfies ModelFacts
const SINCE_4_7 = { ...SINCE_4_6, efforts: TO_MAX, sampling: 'never' } satisfies ModelFacts
const NO_FORCED_TOOLS = { ...SINCE_4_7, forcedTools: false } satisfies ModelFacts
/** They always think. */
const ALWAYS_THINKING = {
  ...NO_FORCED_TOOLS,
  efforts: TO_MAX.filter((effort) => effort !== 'none'),
} satisfies ModelFacts

/** What is written to the prompt cache costs 1.25 times the input for five minutes, 2 times for an hour. */
const claudePrice = (input: number, cached: number, output: number): ModelFacts => ({
  ...price(input, cached, output),
  cacheWritePerMillion: dollars(input * 1.25),
  longCacheWritePerMillion: dollars(input * 2),
})

/** Without the noise of binary fractions. */
const dollars = (value: number): number => Number(value.toFixed(6))

export const ANTHROPIC: { [target: string]: FileModel } = named<FileModel>('anthropic', {
  'claude-fable-5-1 claude-mythos-5-1': { ...ALWAYS_THINKING, ...claudePrice(10, 0.25, 50) },
  'claude-opus-5-5': { ...ALWAYS_THINKING, ...claudePrice(4, 0.2, 20) },
  'claude-sonnet-5-5': { ...NO_FORCED_TOOLS, ...claudePrice(2, 0.1, 10) },
  // Prompts above 100,000 tokens cost five times as much.
  'claude-haiku-5-5': { ...SINCE_4_7, ...claudePrice(0.1, 0.01, 0.5) },
  'claude-fable-5 claude-mythos-5': { ...SINCE_4_7, ...claudePrice(10, 1, 50) },
  'claude-opus-5': { ...SINCE_4_7, ...claudePrice(5, 0.5, 25) },
  'claude-sonnet-5': { ...SINCE_4_7, ...claudePrice(2, 0.2, 10) },
  'claude-opus-4-8': { ...SINCE_4_7, ...claudePrice(5, 0.5, 25) },
  'claude-opus-4-7 claude-opus-4-7-20260416': { ...SINCE_4_7, ...claudePrice(5, 0.5, 25) },
  'claude-opus-4-6 claude-opus-4-6-20260205': { ...CLAUDE_4_6, ...claudePrice(5, 0.5, 25) },
  'claude-sonnet-4-6': { ...CLAUDE_4_6, ...claudePrice(3, 0.3, 15) },
  'claude-opus-4-5 claude-opus-4-5-20251101': { ...CLAUDE_4_5, efforts: TO_HIGH, ...claudePrice(5, 0.5, 25) },
  'claude-sonnet-4-5 claude-sonnet-4-5-20250929': {
    ...CLAUDE_4_5,
    shutdownAt: '2026-11-30',
    ...claudePrice(3, 0.3, 15),
  },
  'claude-haiku-4-5 claude-haiku-4-5-20251001': { ...CLAUDE_4_5, ...claudePrice(1, 0.1, 5) },
})
