import { anthropicMessages } from './anthropic-messages'
import { bedrock } from './bedrock'
import type { Format } from './format'
import { gemini } from './gemini'
import { openAiChat } from './openai-chat'
import { openAiCompletions } from './openai-completions'
import { openAiEmbeddings } from './openai-embeddings'
import { openAiResponses } from './openai-responses'
import { anthropicCount, openAiCount } from './token-counts'

/** The wire formats by the path after `/<provider>/v1` (or `v1beta`); `<model>` is one segment. */
export const FORMATS: { [path: string]: Format } = {
  '/responses': openAiResponses,
  '/chat/completions': openAiChat,
  '/completions': openAiCompletions,
  '/messages': anthropicMessages,
  '/model/<model>/converse': bedrock,
  '/model/<model>/converse-stream': bedrock,
  '/embeddings': openAiEmbeddings,
  '/messages/count_tokens': anthropicCount,
  '/responses/input_tokens': openAiCount,
  '/models/<model>:generateContent': gemini,
  '/models/<model>:streamGenerateContent': gemini,
}

const TEMPLATES = Object.entries(FORMATS).map(
  ([path, format]) => [new RegExp(`^${path.replace('<model>', '[^/]+')}$`), format] as const,
)

/** undefined: nothing is served there. */
export const formatAt = (path: string): Format | undefined =>
  FORMATS[path] ?? TEMPLATES.find(([template]) => template.test(path))?.[1]
