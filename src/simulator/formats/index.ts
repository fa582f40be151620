import { anthropicMessages } from './anthropic-messages'
import type { Format } from './format'
import { openAiChat } from './openai-chat'
import { openAiCompletions } from './openai-completions'
import { openAiResponses } from './openai-responses'

/** The wire formats by the path after `/<provider>/v1`. */
export const FORMATS: { [path: string]: Format } = {
  '/responses': openAiResponses,
  '/chat/completions': openAiChat,
  '/completions': openAiCompletions,
  '/messages': anthropicMessages,
}
