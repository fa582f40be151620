/**
 * Hosts of open models, DeepSeek, Mistral and xAI.
 *
 * Read on 2026-11-28 from LiteLLM 1.110.2: Together's are from api.together.ai/v1/models and
 * docs.together.ai/docs/deprecations; the words for effort of Kimi K3 and Mistral are its `reasoning_effort_levels`, those of
 * gpt-oss are on its model card (huggingface.co/openai/gpt-oss-120b). Groq's open models of Meta are gone from it.
 */
import type { ReasoningEffort } from '../../domain/request/request'
import type { ModelFacts } from '../../domain/routing/route'
import type { FileModel } from '../schema'
import { named, price } from './price'

const TOOLS = { tools: true, jsonSchema: true } as const satisfies ModelFacts
const SEES = { ...TOOLS, images: true } as const satisfies ModelFacts
const window = (contextTokens: number, maxOutputTokens?: number): ModelFacts => ({
  contextTokens,
  ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
})
const GPT_OSS: ReasoningEffort[] = ['low', 'medium', 'high']
const KIMI_K3: ReasoningEffort[] = ['low', 'high', 'max']
const ON_OFF: ReasoningEffort[] = ['none', 'high']

const TOGETHER = named<FileModel>('together', {
  'openai/gpt-oss-120b': { ...window(131_072), ...TOOLS, efforts: GPT_OSS, ...price(0.15, null, 0.6) },
  'deepseek-ai/DeepSeek-V4.1-Flash': { ...window(1_048_576), ...TOOLS, ...price(0.3, 0.006, 1.2) },
  'deepseek-ai/DeepSeek-V4-Pro-0813': { ...window(1_048_576), ...TOOLS, ...price(1.32, 0.13, 3.96) },
  'moonshotai/Kimi-K3': { ...window(1_048_576), ...SEES, efforts: KIMI_K3, ...price(3, 0.3, 15) },
  'zai-org/GLM-5.3': { ...window(1_048_575, 128_000), ...TOOLS, ...price(1.4, 0.26, 4.4) },
  'zai-org/GLM-5.3-Flash': { ...window(1_048_575, 128_000), ...SEES, ...price(0.15, 0.03, 0.5) },
  'meta-llama/Llama-3.3-70B-Instruct-Turbo': {
    ...window(131_072),
    ...TOOLS,
    shutdownAt: '2026-10-22',
    ...price(1.04, null, 1.04),
  },
})

const GROQ = named<FileModel>('groq', {
  'openai/gpt-oss-120b': {
    ...window(131_072, 65_536),
    ...TOOLS,
    efforts: GPT_OSS,
    ...price(0.15, 0.075, 0.6),
  },
  'openai/gpt-oss-20b': {
    ...window(131_072, 65_536),
    ...TOOLS,
    efforts: GPT_OSS,
    ...price(0.075, 0.0375, 0.3),
  },
  'qwen/qwen3.8-27b': { ...window(131_072, 16_384), ...SEES, ...price(0.8, null, 4) },
})

const DEEPSEEK_WINDOW = window(1_000_000, 393_216)
const DEEPSEEK = named<FileModel>('deepseek', {
  'deepseek-v4-pro': { ...DEEPSEEK_WINDOW, ...TOOLS, images: false, ...price(1.32, 0.044, 3.96) },
  'deepseek-v4-flash deepseek-flash': { ...DEEPSEEK_WINDOW, ...SEES, ...price(0.3, 0.006, 1.2) },
})

const MISTRAL = named<FileModel>('mistral', {
  'mistral-large-4': { ...window(1_048_576), ...SEES, efforts: ON_OFF, ...price(0.7, 0.07, 2.1) },
  'mistral-medium-3-5': {
    ...window(262_144),
    ...SEES,
    efforts: ON_OFF,
    shutdownAt: '2027-04-30',
    ...price(1.5, 0.15, 7.5),
  },
  'mistral-large-2512': {
    ...window(262_144),
    ...SEES,
    shutdownAt: '2027-04-30',
    ...price(0.5, 0.05, 1.5),
  },
  'mistral-small-2603': { ...window(262_144), ...SEES, efforts: ON_OFF, ...price(0.15, 0.015, 0.6) },
})

const XAI = named<FileModel>('xai', {
  'grok-4.7': { ...window(500_000), ...SEES, ...price(2, 0.5, 6) },
  'grok-4.6': { ...window(500_000), ...SEES, ...price(2, 0.5, 6) },
  'grok-4.5': { ...window(500_000), ...SEES, ...price(2, 0.3, 6) },
  'grok-4.3': { ...window(1_000_000), ...SEES, ...price(1.25, 0.2, 2.5) },
})

export const OPEN_MODELS: { [target: string]: FileModel } = {
  ...TOGETHER,
  ...GROQ,
  ...DEEPSEEK,
  ...MISTRAL,
  ...XAI,
}
