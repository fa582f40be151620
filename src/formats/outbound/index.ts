/** The wire formats by name. A new one: its folder, its name in `APIS`, its line here, its fixtures. */
import { anthropicMessages } from './anthropic-messages'
import { bedrock } from './bedrock'
import { gemini } from './gemini'
import { openaiChat } from './openai-chat'
import { openaiCompletions } from './openai-completions'
import { openaiResponses } from './openai-responses'
import type { Api, WireFormat } from './wire-format'

const FORMATS = {
  'openai-responses': openaiResponses,
  'openai-chat': openaiChat,
  'openai-completions': openaiCompletions,
  'anthropic-messages': anthropicMessages,
  bedrock,
  gemini,
} as const satisfies Record<Api, WireFormat>

export const wireFormat = (api: Api): WireFormat => FORMATS[api]
