/**
 * Content as clients write it -> a list of parts with OpenAI's names. Frameworks translate between APIs, and what of another
 * one is left over means the same: a lone part, texts in a list, `input_text`, an image with Anthropic's `source`.
 */
import { isObject } from '../outbound/json'

const TEXTS = new Set(['text', 'input_text', 'output_text'])

const sourceUrl = (source: unknown): unknown => {
  if (!isObject(source)) return source
  if (source.type === 'url' || /^\s*data:/i.test(String(source.data))) return source.url ?? source.data
  return `data:${String(source.media_type ?? '')};base64,${String(source.data ?? '')}`
}

function partOf(part: unknown): unknown {
  if (typeof part === 'string') return { type: 'text', text: part }
  if (!isObject(part)) return part
  const { type = typeof part.text === 'string' ? 'text' : undefined } = part
  // null says nothing.
  if (typeof type === 'string' && TEXTS.has(type)) return { ...part, type: 'text', text: part.text ?? '' }
  if (type === 'input_image') return { ...part, type: 'image_url' }
  if (type === 'image' && isObject(part.source))
    return part.source.type === 'file'
      ? part
      : { ...part, type: 'image_url', image_url: sourceUrl(part.source) }
  return part
}

/** Nothing at all is an empty text: what says nothing is left out on the way, or refused where nobody says anything. */
const listOf = (content: unknown): unknown[] => {
  const list = Array.isArray(content) ? content : [content ?? '']
  return list.length === 0 ? [''] : list
}

export const asParts = (content: unknown): unknown =>
  content === undefined ? undefined : listOf(content).map(partOf)

/** A tool's result is data: what is no part of a message is written as JSON. */
function resultOf(content: unknown): unknown {
  const isPart = (one: unknown): boolean => typeof one === 'string' || (isObject(one) && 'type' in one)
  const isMessage = Array.isArray(content) ? content.every(isPart) : isPart(content ?? '')
  return isMessage ? (content ?? '') : JSON.stringify(content)
}

export const asResult = (content: unknown): unknown => asParts(resultOf(content))

/** The same with Anthropic's names. */
function asBlock(given: unknown): unknown {
  const part = partOf(given)
  if (!isObject(part) || part.type !== 'image_url') return part
  const { type: _type, image_url, ...more } = part
  // Its own source is read with its own names.
  if (isObject(given) && given.type === 'image') return given
  return {
    ...more,
    type: 'image',
    source: { type: 'url', url: isObject(image_url) ? image_url.url : image_url },
  }
}

export const asBlocks = (content: unknown): unknown =>
  content === undefined ? undefined : listOf(content).map(asBlock)

export const asResultBlocks = (content: unknown): unknown => asBlocks(resultOf(content))
