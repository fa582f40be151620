/**
 * Our messages in Gemini's shape: the system prompt stands beside the contents, and what all calls of one turn returned is one
 * content right behind it, without anything else. Nothing that says anything is left out.
 */
import type { JsonObject } from '../../../domain/request/json'
import { piecesOf } from '../../../domain/request/opaque'
import type { AssistantMessage, Message, ToolMessage, UserPart } from '../../../domain/request/request'
import { foreignFault } from '../foreign'
import { compact } from '../json'
import { type IdRule, unpaired, withIds, withoutNothing, withResultsInPlace } from '../repair'
import { blocksOf, signatureIn } from './blocks'
import type { ModelKind } from './models'
import { encodeParts, imageFault } from './parts'

/** Any id will do that no other call has. */
const GEMINI_IDS: IdRule = { fits: /./s, make: (id, n) => `${id || 'call'}_${n + 1}` }

/** Calls and their results with ids of their own, results right behind their calls. */
export const historyOf = (messages: readonly Message[]): Message[] =>
  withResultsInPlace(withIds(withoutNothing(messages), GEMINI_IDS))

/**
 * Google's own word for calls that come from elsewhere (another model, another provider): without a signature they are refused
 * (ai.google.dev/gemini-api/docs/thought-signatures, FAQ; Vertex takes this one alone: pydantic/pydantic-ai#3881).
 */
const NO_SIGNATURE = 'skip_thought_signature_validator'

interface Content {
  role: 'user' | 'model'
  /** What tools have returned. */
  returned: boolean
  parts: JsonObject[]
}

interface Part extends JsonObject {
  text?: string
}

/** Of words: in their part, or in one of its own where they came without. */
function signWords(parts: Part[], thoughtSignature: string): void {
  const last = parts.at(-1)
  if (last?.text !== undefined && last.thoughtSignature === undefined)
    last.thoughtSignature = thoughtSignature
  else parts.push({ text: '', thoughtSignature })
}

/** Of parallel calls the first has the signature. */
function modelParts(message: AssistantMessage, { signs }: ModelKind): JsonObject[] {
  const { content: text, toolCalls } = message
  const parts: Part[] = []
  let ofNextCall: string | undefined
  for (const piece of piecesOf({ text, toolCalls, opaque: blocksOf(message) })) {
    if (piece.type === 'text') {
      if (piece.text.trim() !== '') parts.push({ text: piece.text })
    } else if (piece.type === 'opaque') {
      const { part, thoughtSignature } = signatureIn(piece.block)
      if (part === 'functionCall') ofNextCall = thoughtSignature
      else signWords(parts, thoughtSignature)
    } else {
      const { id, name, arguments: args } = piece.toolCall
      const thoughtSignature = ofNextCall ?? (signs && piece.index === 0 ? NO_SIGNATURE : undefined)
      ofNextCall = undefined
      parts.push(compact({ functionCall: { id, name, args }, thoughtSignature }))
    }
  }
  return parts
}

const partsOf = ({ content }: { content: string | UserPart[] }): readonly UserPart[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content

const textOf = (message: ToolMessage): string =>
  partsOf(message)
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('\n')

const resultPart = (message: ToolMessage, name: string): JsonObject => ({
  functionResponse: {
    id: message.toolCallId,
    name,
    response: { [message.isError ? 'error' : 'output']: textOf(message) },
  },
})

/** What a tool has returned beside its text: in a content of the user's behind the results. */
const shownBy = (message: ToolMessage): JsonObject[] => {
  const shown = encodeParts(partsOf(message).filter(({ type }) => type !== 'text'))
  return shown.length === 0 ? [] : [{ text: `Returned by ${message.toolCallId}:` }, ...shown]
}

const namesOf = (history: readonly Message[]): ReadonlyMap<string, string> =>
  new Map(
    history.flatMap((message) =>
      message.role === 'assistant'
        ? (message.toolCalls ?? []).map(({ id, name }) => [id, name] as const)
        : [],
    ),
  )

const contentsOf = (message: Message, kind: ModelKind, names: ReadonlyMap<string, string>): Content[] => {
  switch (message.role) {
    case 'system':
      return []
    case 'user':
      return [{ role: 'user', returned: false, parts: encodeParts(partsOf(message)) }]
    case 'assistant':
      return [{ role: 'model', returned: false, parts: modelParts(message, kind) }]
    case 'tool':
      return [
        { role: 'user', returned: true, parts: [resultPart(message, names.get(message.toolCallId) ?? '')] },
        { role: 'user', returned: false, parts: shownBy(message) },
      ]
  }
}

/** Into the last content of its kind; a result in front of what earlier results have shown. */
function append(contents: Content[], content: Content): void {
  if (content.parts.length === 0) return
  const last = contents.at(-1)
  const before = contents.at(-2)
  if (last?.role === content.role && last.returned === content.returned) last.parts.push(...content.parts)
  else if (content.returned && last?.role === 'user' && before?.returned) before.parts.push(...content.parts)
  else contents.push(content)
}

export const encodeContents = (
  history: readonly Message[],
  kind: ModelKind,
): { role: string; parts: JsonObject[] }[] => {
  const names = namesOf(history)
  const contents: Content[] = []
  for (const message of history)
    for (const content of contentsOf(message, kind, names)) append(contents, content)
  return contents.map(({ role, parts }) => ({ role, parts }))
}

export const systemInstruction = (history: readonly Message[]): JsonObject | undefined => {
  const said = history.flatMap((message) => (message.role === 'system' ? [message.content] : []))
  return said.length === 0 ? undefined : { parts: [{ text: said.join('\n\n') }] }
}

/** Why this history can't be said, or null. */
export function historyFault(history: readonly Message[], kind: ModelKind): string | null {
  const images = history
    .flatMap(({ content }) => (typeof content === 'string' ? [] : content))
    .flatMap((part) => (part.type === 'image' ? (imageFault(part) ?? []) : []))
  if (images[0] !== undefined) return images[0]
  const foreign = foreignFault(history, 'gemini')
  if (foreign !== null) return foreign
  if (encodeContents(history, kind).length === 0) return 'messages: none of them says anything'
  const odd = unpaired(history.filter(({ role }) => role !== 'system'))
  return odd === null ? null : `messages: ${odd}`
}
