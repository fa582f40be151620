/** What a user shows, as Gemini's parts: bytes stand in the request, addresses are fetched by Google. */
import type { JsonObject } from '../../../domain/request/json'
import type { UserPart } from '../../../domain/request/request'
import { foreignBlock } from '../foreign'
import { mediaTypeOf } from '../repair'

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+);base64,(.*)$/s

/** ai.google.dev/gemini-api/docs/image-understanding, "Supported image formats", read on 2026-11-28. */
const IMAGE_TYPES: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/heic',
  'image/heif',
])

/** An address comes with its type, which only its own ending can say. */
const ENDING = /\.(png|jpe?g|webp|heic|heif|gif)$/i

type Image = Extract<UserPart, { type: 'image' }>

const inline = (mimeType: string, data: string): JsonObject => ({ inlineData: { mimeType, data } })

const typeByName = (url: string): string | undefined => {
  const [, ending] = ENDING.exec(url.split(/[?#]/, 1)[0] ?? '') ?? []
  return ending && mediaTypeOf(`image/${ending}`)
}

/** The type of an image, or undefined where nothing names it. */
const typeOf = (part: Image): string | undefined => {
  if ('data' in part) return mediaTypeOf(part.mediaType, part.data)
  const [, mediaType, data] = DATA_URL.exec(part.url) ?? []
  return mediaType ? mediaTypeOf(mediaType, data) : typeByName(part.url)
}

/** Why an image can't be said, or null. */
export function imageFault(part: Image): string | null {
  const type = typeOf(part)
  if (type === undefined) return "images: an address has to end in its type's name (.png, .jpg, .webp)"
  return IMAGE_TYPES.has(type) ? null : `images: ${type} is none of ${[...IMAGE_TYPES].join(', ')}`
}

const imagePart = (part: Image): JsonObject => {
  const mimeType = typeOf(part) ?? ''
  if ('data' in part) return inline(mimeType, part.data)
  const [, , data] = DATA_URL.exec(part.url) ?? []
  return data === undefined ? { fileData: { mimeType, fileUri: part.url } } : inline(mimeType, data)
}

const encodePart = (part: UserPart): JsonObject => {
  if (part.type === 'text') return { text: part.text }
  if (part.type === 'image') return imagePart(part)
  // What has no word is refused before (historyFault).
  return foreignBlock(part, 'gemini') ?? part.block
}

/** A part without text is refused. */
export const encodeParts = (parts: readonly UserPart[]): JsonObject[] =>
  parts.filter((part) => part.type !== 'text' || part.text.trim() !== '').map(encodePart)
