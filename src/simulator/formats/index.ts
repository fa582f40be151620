import { anthropicMessages } from './anthropic-messages'
import { bedrock } from './bedrock'
import type { Format } from './format'
import { openAiChat } from './openai-chat'
import { openAiCompletions } from './openai-completions'
import { openAiResponses } from './openai-responses'

/** The wire formats by the path after `/<provider>/v1`; `<model>` is one segment. */
export const FORMATS: { [path: string]: Format } = {
  '/responses': openAiResponses,
  '/chat/completions': openAiChat,
  '/completions': openAiCompletions,
  '/messages': anthropicMessages,
  '/model/<model>/converse': bedrock,
  '/model/<model>/converse-stream': bedrock,
}

const TEMPLATES = Object.entries(FORMATS).map(
  ([path, format]) => [new RegExp(`^${path.replace('<model>', '[^/]+')}$`), format] as const,
)

/** undefined: nothing is served there. */
export const formatAt = (path: string): Format | undefined =>
  FORMATS[path] ?? TEMPLATES.find(([template]) => template.test(path))?.[1]
