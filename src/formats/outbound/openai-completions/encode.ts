import { type Outcome, success } from '../../../domain/failures/outcome'
import { foreignFault } from '../foreign'
import { hintsOf } from '../hints'
import { compact } from '../json'
import { samplingFields, streamFields, withoutThinking } from '../openai-chat/encode'
import { withOptions } from '../options'
import { allowedParams, unsupported } from '../refusals'
import type { EncodedRequest, EncodeInput } from '../wire-format'
import { promptOf } from './prompt'

const NO_PLACE = 'a plain completion has no place for it'

/** OpenAI and Together take at most four; the caller's own go first. */
const MAX_STOPS = 4

const stopsOf = (own: readonly string[] = [], templates: string | null): string[] | undefined => {
  const all = templates === null || own.length >= MAX_STOPS ? [...own] : [...own, templates]
  return all.length > 0 ? all : undefined
}

export const encode = (input: EncodeInput): Outcome<EncodedRequest> => {
  const { request, model, provider, stream } = input
  const allowed = allowedParams(
    input,
    { reasoningEffort: 'has no place in a plain completion' },
    { images: NO_PLACE, tools: NO_PLACE, jsonSchema: NO_PLACE },
  )
  if (!allowed.ok) return allowed
  const foreign = foreignFault(request.messages, null)
  if (foreign !== null) return unsupported(input, foreign)
  const params = allowed.value
  const prompt = promptOf(request.messages)

  const body = compact({
    model,
    prompt: prompt.text,
    ...samplingFields(params),
    max_tokens: params.maxTokens,
    stop: stopsOf(params.stop, prompt.stop),
  })
  const options = params.providerOptions?.[provider] ?? {}
  return success({
    path: '/completions',
    headers: {},
    leftOut: hintsOf(input, 'openai-completions', withoutThinking(params)).leftOut,
    body: withOptions(body, options, streamFields(stream)),
  })
}
