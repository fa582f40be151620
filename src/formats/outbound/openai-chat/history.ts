/** The conversation and the tools as OpenAI's formats take them, or why they can't be said in one. */
import { type Outcome, success } from '../../../domain/failures/outcome'
import type { Message } from '../../../domain/request/request'
import { foreignFault, withoutReferences } from '../foreign'
import { toolFault, unsupported } from '../refusals'
import { MISTRAL_IDS, MISTRAL_MODELS, OPENAI_IDS, unpaired, withIds, withResultsInPlace } from '../repair'
import type { EncodeInput } from '../wire-format'
import { isOpenAis } from './models'

const idsOf = ({ provider, model }: EncodeInput) =>
  MISTRAL_MODELS.test(model) || MISTRAL_MODELS.test(provider) ? MISTRAL_IDS : OPENAI_IDS

/** Names of 1 to 64 letters, digits, `_` and `-`; schemas that are one object at the top. Other servers take more. */
const OPENAI_TOOLS = { name: /^[a-zA-Z0-9_-]{1,64}$/, oneObject: true }

export function historyFor(
  input: EncodeInput,
  format: 'openai-chat' | 'openai-responses',
): Outcome<Message[]> {
  const { request, native, model } = input
  const history = withoutReferences(withResultsInPlace(withIds(request.messages, idsOf(input))))
  const foreign = foreignFault(history, format)
  if (foreign !== null) return unsupported(input, foreign)
  const own = request.tools?.find((tool) => tool.own !== undefined)
  if (own !== undefined)
    return unsupported(input, `tools: ${own.name} is a tool of Anthropic's own (${String(own.own?.type)})`)
  if (native || isOpenAis(model)) {
    const odd = unpaired(history)
    const fault = odd === null ? toolFault(request.tools, OPENAI_TOOLS) : `messages: ${odd}`
    if (fault !== null) return unsupported(input, fault)
  }
  return success(history)
}
