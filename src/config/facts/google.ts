/**
 * Google's models, under the provider names that configs give it: whichever of the two it is, the model is the same.
 *
 * Read on 2026-11-28 from LiteLLM 1.110.2, which names ai.google.dev/gemini-api/docs/pricing; shutdownAt:
 * ai.google.dev/gemini-api/docs/deprecations, by LiteLLM and dev.to/aideprecations (2.5 Pro and Flash: requests go to other
 * models from then on); Flash-Lite 2.5 has no date there. Prices are those of prompts up to 200,000 tokens.
 */
import type { ModelFacts } from '../../domain/routing/route'
import type { FileModel } from '../schema'
import { named, price } from './price'

const GEMINI = {
  contextTokens: 1_048_576,
  maxOutputTokens: 65_536,
  images: true,
  tools: true,
  jsonSchema: true,
} as const satisfies ModelFacts
const NO_SAMPLING = { ...GEMINI, sampling: 'never' } as const satisfies ModelFacts
const DECEMBER = { shutdownAt: '2026-12-01' } as const satisfies ModelFacts

const MODELS: { [names: string]: FileModel } = {
  'gemini-3.8-flash': { ...NO_SAMPLING, ...price(0.75, 0.075, 3.75) },
  'gemini-3.7-flash': { ...NO_SAMPLING, ...price(0.75, 0.075, 3.75) },
  'gemini-3.6-flash': { ...NO_SAMPLING, ...price(0.75, 0.075, 3.75) },
  'gemini-3.5-flash': { ...GEMINI, ...price(1.5, 0.15, 9) },
  'gemini-3.5-flash-lite': { ...NO_SAMPLING, ...price(0.3, 0.03, 2.5) },
  'gemini-3.1-pro-preview': { ...GEMINI, ...price(2, 0.2, 12) },
  'gemini-3.1-flash-lite': { ...GEMINI, shutdownAt: '2027-05-07', ...price(0.25, 0.025, 1.5) },
  'gemini-3-flash-preview': { ...GEMINI, ...price(0.5, 0.05, 3) },
  'gemini-2.5-pro': { ...GEMINI, ...DECEMBER, ...price(1.25, 0.125, 10) },
  'gemini-2.5-flash': { ...GEMINI, ...DECEMBER, ...price(0.3, 0.03, 2.5) },
  'gemini-2.5-flash-lite': { ...GEMINI, ...price(0.1, 0.01, 0.4) },
}

export const GOOGLE: { [target: string]: FileModel } = {
  ...named('google', MODELS),
  ...named('gemini', MODELS),
}
