/** How large a request is for a model. */
import type { GenerationRequest } from './request'

/** Of its messages. An outline says it of those that it stands for. */
export function charactersAndImages({ messages, stored }: GenerationRequest): {
  characters: number
  images: boolean
} {
  if (stored !== undefined) return { characters: stored.characters, images: stored.images }
  let characters = 0
  let images = false
  for (const { content } of messages) {
    if (typeof content === 'string') characters += content.length
    else
      for (const part of content) {
        if (part.type === 'text') characters += part.text.length
        else images = true
      }
  }
  return { characters, images }
}
