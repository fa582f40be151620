/**
 * What OpenAI's own models won't take, by their names; a name not known is sent everything.
 * Names may carry a prefix (`openai/gpt-5` at OpenRouter, `ft:gpt-4o:...`). An Azure deployment of another
 * name can't be recognised: its quirks go into `providerOptions`.
 * Sources: the `openai` client's types (6.49); the rest is
 * general knowledge of these models, not checked against the live API.
 */
import type { JsonObject } from '../../../domain/request/json'
import type { AssistantMessage, GenerationRequest, Message, Params } from '../../../domain/request/request'
import type { ModelFacts } from '../../../domain/routing/route'
import type { Refusals } from '../refusals'

const NEWER = /(?:^|[/:])(?:o[1-9]|gpt-[5-9])/
/** Models that always reason. From gpt-5.1 on reasoning can be off, and then sampling is allowed. */
const ALWAYS_REASONING =
  /(?:^|[/:])(?:o[1-9](?:-[a-z-]+)?|gpt-5(?:-(?:mini|nano|pro|codex))?)(?:-\d{4}-\d{2}-\d{2})?(?::|$)/
const NEVER_REASONING = /(?:^|[/:])(?:gpt-3\.5|gpt-4|chatgpt-4o|gpt-5-chat)/

const OPENAIS = /(?:^|[/:])(?:o[1-9]|gpt-[3-9]|chatgpt-)/

/** `max_tokens` is deprecated at OpenAI and refused by its reasoning models; other servers know only the old name. */
export const maxTokensField = (model: string): 'max_completion_tokens' | 'max_tokens' =>
  NEWER.test(model) ? 'max_completion_tokens' : 'max_tokens'

const REASONING_ONLY = 'is not taken by reasoning models'

/** It never calls two tools at once, and refuses the word for it. */
export const callsOneTool = (model: string): boolean => /(?:^|[/:])o[1-9]/.test(model)

const TAKES_THINKING = /deepseek|glm|kimi|doubao|seed-|mimo/i

/** The tool calls since the user's last words: models that think want their thoughts before each, and none older. */
const currentCalls = (messages: readonly Message[]): AssistantMessage[] =>
  messages
    .slice(messages.findLastIndex(({ role }) => role === 'user') + 1)
    .filter((message) => message.role === 'assistant')
    .filter(({ toolCalls }) => toolCalls?.length)

export const thoughtsWanted = (model: string, messages: readonly Message[]): ReadonlySet<Message> =>
  new Set(TAKES_THINKING.test(model) ? currentCalls(messages) : [])

/**
 * The makers of some open models took over the name, with on and off alone. On not behind tool calls whose thoughts are
 * not there: some refuse such a history then.
 */
export function thinkingOf(
  model: string,
  { params = {}, messages }: GenerationRequest,
): JsonObject | undefined {
  const { type } = params.thinking ?? {}
  if (!TAKES_THINKING.test(model) || (type !== 'enabled' && type !== 'disabled')) return undefined
  const lacking = currentCalls(messages).some(({ reasoning }) => !reasoning)
  return type === 'enabled' && lacking ? undefined : { type }
}

/** A model of OpenAI's own, by its name: it has OpenAI's limits at every provider. */
export const isOpenAis = (model: string): boolean => OPENAIS.test(model)

export const neverReasons = (model: string): boolean => NEVER_REASONING.test(model)

/** The parameters that this model refuses; what its facts say of sampling wins over its name. A temperature or top-p of 1 is their default, and passes. */
export const refusalsOf = (model: string, params: Params, { sampling }: ModelFacts = {}): Refusals => {
  const own = isOpenAis(model)
    ? {
        topK: "is not taken by OpenAI's models",
        stop: (params.stop?.length ?? 0) > 4 ? 'has more than the four that are taken' : undefined,
      }
    : {}
  if (NEVER_REASONING.test(model)) {
    // To do without what it can't do is no wish that could be lost.
    const none = params.reasoningEffort === 'none'
    return { ...own, reasoningEffort: none ? undefined : 'is taken by reasoning models only' }
  }
  if (sampling === 'always' || !ALWAYS_REASONING.test(model)) return own
  return {
    ...own,
    frequencyPenalty: params.frequencyPenalty ? REASONING_ONLY : undefined,
    presencePenalty: params.presencePenalty ? REASONING_ONLY : undefined,
    logitBias: REASONING_ONLY,
    temperature: params.temperature === 1 ? undefined : REASONING_ONLY,
    topP: params.topP === 1 ? undefined : REASONING_ONLY,
    stop: REASONING_ONLY,
  }
}
