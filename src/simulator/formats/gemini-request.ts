/** A request of generateContent, read as Google reads it. */
import type { JsonObject, JsonValue } from '../../domain/request/json'
import type { SimulatedError } from '../errors'
import { contentText, isObject, listOf, type ParsedRequest, textOr } from './format'

const invalid = (message: string): SimulatedError => ({
  status: 400,
  type: 'INVALID_ARGUMENT',
  code: null,
  message,
  param: null,
})

/** What stands in the path behind the version, e.g. `/models/gemini-x:streamGenerateContent`. */
const METHOD = /\/(?:models|tunedModels)\/([^/]+):(generateContent|streamGenerateContent)$/

const addressed = (path: string): { model: string; stream: boolean } => {
  const [, name = '', method] = METHOD.exec(path) ?? []
  return { model: decodeURIComponent(name), stream: method === 'streamGenerateContent' }
}

const FIELDS: ReadonlySet<string> = new Set([
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'safetySettings',
  'cachedContent',
  'serviceTier',
  'labels',
])
const CONFIG_FIELDS: ReadonlySet<string> = new Set([
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'stopSequences',
  'seed',
  'frequencyPenalty',
  'presencePenalty',
  'candidateCount',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseModalities',
  'thinkingConfig',
])

/** A name that is not known is refused wherever it stands. */
function unknownName(body: JsonObject): string | null {
  const top = Object.keys(body).find((name) => !FIELDS.has(name))
  if (top !== undefined) return `Unknown name "${top}": Cannot find field.`
  const config = isObject(body.generationConfig) ? body.generationConfig : {}
  const below = Object.keys(config).find((name) => !CONFIG_FIELDS.has(name))
  return below === undefined ? null : `Unknown name "${below}" at 'generation_config': Cannot find field.`
}

const partsOf = (content: JsonObject | undefined): JsonObject[] => listOf(content?.parts)

const callsIn = (content: JsonObject | undefined): JsonObject[] =>
  partsOf(content).filter((part) => isObject(part.functionCall))

const resultsIn = (content: JsonObject | undefined): JsonObject[] =>
  partsOf(content).filter((part) => isObject(part.functionResponse))

/** A turn with calls is followed by one content that answers each of them. */
function unanswered(contents: JsonObject[]): boolean {
  return contents.some(
    (content, at) =>
      callsIn(content).length !== resultsIn(contents[at + 1]).length ||
      (resultsIn(content).length > 0 && callsIn(contents[at - 1]).length === 0),
  )
}

const MADE_HERE = 'simulated-signature-'

/** Of the first call of a model that signs: the models from Gemini 3 on. */
export const signatureOf = (model: string, call: { id: string }): { thoughtSignature?: string } =>
  /gemini-(?:[3-9]|\D)/.test(model)
    ? { thoughtSignature: Buffer.from(`${MADE_HERE}${model}-${call.id}`).toString('base64') }
    : {}

/** The calls since the user's last words need their signatures: the first one of each turn. */
function badSignature(contents: JsonObject[], model: string): string | null {
  if (signatureOf(model, { id: '' }).thoughtSignature === undefined) return null
  const since = contents.findLastIndex(
    (content) => content.role === 'user' && partsOf(content).some((part) => typeof part.text === 'string'),
  )
  for (const content of contents.slice(since + 1)) {
    const [call] = callsIn(content)
    if (call === undefined) continue
    const signature = textOr(call.thoughtSignature, '')
    if (signature === '') return 'Function call is missing a thought_signature in functionCall parts.'
    const decoded = Buffer.from(signature, 'base64').toString()
    const known =
      signature === 'skip_thought_signature_validator' || decoded.startsWith(`${MADE_HERE}${model}-`)
    if (!known) return 'Corrupted thought signature.'
  }
  return null
}

function fault(body: JsonObject, path: string): string | null {
  const contents = listOf(body.contents)
  if (contents.length === 0) return '* GenerateContentRequest.contents: contents is not specified'
  const odd = contents.find(({ role }) => role !== undefined && role !== 'user' && role !== 'model')
  if (odd !== undefined) return 'Please use a valid role: user, model.'
  if (contents.some((content) => partsOf(content).length === 0))
    return 'Unable to submit request because it must include at least one parts field.'
  if (unanswered(contents))
    return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.'
  return badSignature(contents, addressed(path).model)
}

export function reject(body: JsonValue, path: string): SimulatedError | null {
  if (!isObject(body)) return invalid('Invalid JSON payload received. Expected an object.')
  const unknown = unknownName(body)
  if (unknown !== null) return invalid(`Invalid JSON payload received. ${unknown}`)
  const wrong = fault(body, path)
  return wrong === null ? null : invalid(wrong)
}

const schemaOf = ({ generationConfig: config }: JsonObject): ParsedRequest['schema'] => {
  if (!isObject(config) || config.responseMimeType !== 'application/json') return null
  return isObject(config.responseJsonSchema) ? config.responseJsonSchema : { type: 'object' }
}

function forcedTool({ tools, toolConfig }: JsonObject): ParsedRequest['forcedTool'] {
  const calling = isObject(toolConfig) ? toolConfig.functionCallingConfig : undefined
  if (!isObject(calling) || calling.mode !== 'ANY') return null
  const allowed = Array.isArray(calling.allowedFunctionNames) ? calling.allowedFunctionNames : null
  const found = listOf(tools)
    .flatMap(({ functionDeclarations }) => listOf(functionDeclarations))
    .find(({ name }) => allowed === null || allowed.includes(name ?? null))
  if (found === undefined) return null
  const parameters = isObject(found.parametersJsonSchema) ? found.parametersJsonSchema : {}
  return { name: textOr(found.name, ''), parameters }
}

/** Of the last words of the user's; what tools have returned are none. */
const userText = (body: JsonObject): string =>
  contentText(
    listOf(body.contents).findLast((content) => content.role !== 'model' && resultsIn(content).length === 0)
      ?.parts,
  )

export const read = (body: JsonObject, path: string): ParsedRequest => ({
  ...addressed(path),
  includeUsage: true,
  userText: userText(body),
  // A last turn of the model's is answered, not gone on with.
  prefill: null,
  schema: schemaOf(body),
  forcedTool: forcedTool(body),
})
