/**
 * Documents, files and sound, which each API writes in its own way: passed on to its own format as they are, written in
 * the other's words where it has them, refused before the call elsewhere. An answer without them would be about
 * something else.
 */
import type { JsonObject } from '../../domain/request/json'
import type { ForeignPart, Message, UserPart } from '../../domain/request/request'
import { isObject } from './json'

/** The formats that have words for them. */
type Format = ForeignPart['api'] | 'openai-responses' | 'bedrock' | 'gemini'

const PDF = 'application/pdf'
const PDF_URL = /^data:application\/pdf;base64,(.+)$/is

/** Anthropic's document in OpenAI's words. */
function fileOf({ type, source, title }: JsonObject): JsonObject | null {
  if (type !== 'document' || !isObject(source) || typeof source.data !== 'string') return null
  const filename = typeof title === 'string' && title !== '' ? title : 'document.pdf'
  if (source.type === 'text')
    return { type: 'text', text: typeof title === 'string' ? `${title}\n\n${source.data}` : source.data }
  if (source.type !== 'base64' || source.media_type !== PDF) return null
  return { type: 'file', file: { filename, file_data: `data:${PDF};base64,${source.data}` } }
}

/** OpenAI's file in Anthropic's words. */
function documentOf({ type, file }: JsonObject): JsonObject | null {
  if (type !== 'file' || !isObject(file)) return null
  const [, data] = PDF_URL.exec(String(file.file_data)) ?? []
  if (data === undefined) return null
  const title = typeof file.filename === 'string' && file.filename !== '' ? { title: file.filename } : {}
  return { type: 'document', source: { type: 'base64', media_type: PDF, data }, ...title }
}

/** A chat's file, or the text in place of one, as an item's part. */
function inputFileOf({ type, file, text }: JsonObject): JsonObject | null {
  if (type === 'text') return { type: 'input_text', text: text ?? '' }
  return type === 'file' && isObject(file) ? { type: 'input_file', ...file } : null
}

/** Anthropic's document as an item's part: that has addresses, which a chat's file has not. */
function inputFileOfDocument(block: JsonObject): JsonObject | null {
  const { type, source } = block
  if (type === 'document' && isObject(source) && source.type === 'url' && typeof source.url === 'string')
    return { type: 'input_file', file_url: source.url }
  const file = fileOf(block)
  return file && inputFileOf(file)
}

/** What Bedrock calls the types of documents that it reads. */
const BEDROCK_FORMATS: { readonly [mediaType: string]: string } = {
  [PDF]: 'pdf',
  'text/plain': 'txt',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/markdown': 'md',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
}

const DATA_URL = /^data:([^;,]+)[^,]*;base64,(.+)$/is

/** A chat's file, or the text in place of one, as Bedrock's document. */
function bedrockDocumentOf({ type, file, text }: JsonObject): JsonObject | null {
  if (type === 'text') return { text: text ?? '' }
  if (type !== 'file' || !isObject(file)) return null
  const [, mediaType = '', bytes] = DATA_URL.exec(String(file.file_data)) ?? []
  const format = BEDROCK_FORMATS[mediaType.toLowerCase()]
  if (format === undefined || bytes === undefined) return null
  return { document: { format, name: file.filename ?? '', source: { bytes } } }
}

function bedrockDocumentOfDocument(block: JsonObject): JsonObject | null {
  const file = fileOf(block)
  return file && bedrockDocumentOf(file)
}

/** A chat's file or sound, or the text in place of one, as Gemini's part. */
function geminiPartOf({ type, file, text, input_audio: sound }: JsonObject): JsonObject | null {
  if (type === 'text') return { text: text ?? '' }
  if (type === 'input_audio' && isObject(sound) && typeof sound.data === 'string')
    return { inlineData: { mimeType: `audio/${String(sound.format)}`, data: sound.data } }
  if (type !== 'file' || !isObject(file)) return null
  const [, mimeType, data] = DATA_URL.exec(String(file.file_data)) ?? []
  return mimeType && data ? { inlineData: { mimeType: mimeType.toLowerCase(), data } } : null
}

/** Anthropic's document as Gemini's part: Google fetches addresses. */
function geminiPartOfDocument(block: JsonObject): JsonObject | null {
  const { type, source } = block
  if (type === 'document' && isObject(source) && source.type === 'url' && typeof source.url === 'string')
    return { fileData: { mimeType: PDF, fileUri: source.url } }
  const file = fileOf(block)
  return file && geminiPartOf(file)
}

const asItIs = (block: JsonObject): JsonObject => block

const WORDS: {
  readonly [from in ForeignPart['api']]: { readonly [to in Format]: (block: JsonObject) => JsonObject | null }
} = {
  'openai-chat': {
    'openai-chat': asItIs,
    'openai-responses': inputFileOf,
    'anthropic-messages': documentOf,
    bedrock: bedrockDocumentOf,
    gemini: geminiPartOf,
  },
  'anthropic-messages': {
    'openai-chat': fileOf,
    'openai-responses': inputFileOfDocument,
    'anthropic-messages': asItIs,
    bedrock: bedrockDocumentOfDocument,
    gemini: geminiPartOfDocument,
  },
}

/** null: this format has no word for it. */
export const foreignBlock = ({ api, block }: ForeignPart, format: Format): JsonObject | null =>
  WORDS[api][format](block)

/** A tool that a search has found: Anthropic shows it to the model only from there on, elsewhere all tools are shown. */
const withoutReference = (part: UserPart): UserPart =>
  part.type === 'foreign' && part.block.type === 'tool_reference'
    ? { type: 'text', text: `Tool loaded: ${String(part.block.tool_name)}` }
    : part

export const withoutReferences = (messages: readonly Message[]): Message[] =>
  messages.map((message) =>
    (message.role === 'user' || message.role === 'tool') && Array.isArray(message.content)
      ? { ...message, content: message.content.map(withoutReference) }
      : message,
  )

const partsIn = ({ content }: Message): UserPart[] => (Array.isArray(content) ? content : [])

/** What of these messages the format can't say; null: nothing. */
export function foreignFault(messages: readonly Message[], format: Format | null): string | null {
  const parts = messages.flatMap(partsIn).filter((part) => part.type === 'foreign')
  const odd = parts.find((part) => format === null || foreignBlock(part, format) === null)
  return odd === undefined
    ? null
    : `messages: a part of type ${String(odd.block.type)} has no place in this API`
}
