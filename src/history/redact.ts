/**
 * A history without content: prompts, answers, arguments, headers, tenants and quoted messages are replaced by stand-ins of
 * the same length. It replays, and it explains, as the original does: decisions go by lengths, classes and numbers.
 *
 * REDACT-1 What can't be read can't be redacted: a payload of a codec is an error.
 * REDACT-2 Of the fields of Temporal's own only those are kept that can't hold a word of anybody's.
 */
import { CIRCUITS_CHANGED_SIGNAL } from '../contract/circuits'
import { DUE_SIGNAL } from '../contract/generation'
import { CIRCUIT_CODE, GAVE_WAY_CODE, PAYLOADS_CODE, SLOTS_CODE } from '../domain/failures/failure'
import { WORD_RULES } from '../domain/failures/word-rules'
import { type Aliases, createAliases } from './aliases'
import { encodingOf, eventsOf, fieldsOf, type HistorySource, isFields, plainPayload } from './events'
import { isJsonPayload, type JsonPayload, jsonPayload } from './payloads'
import { OWN_WORDS, type Rule, ruleOf, SCHEMA_TYPES, SCHEMA_WORDS, TOOL_CHOICES } from './redaction-rules'

/**
 * @param history proto JSON, its payloads' codecs undone
 * @throws Error where it is no history, or has a payload that can't be read
 */
export function redactHistory(history: HistorySource): HistorySource {
  eventsOf(history)
  const alias = createAliases()
  return { ...history, events: (history.events ?? []).map((event) => redactFields(event, [], alias)) }
}

const ATTRIBUTES = 'EventAttributes'

function redactFields(value: unknown, path: readonly string[], alias: Aliases): unknown {
  if (isJsonPayload(value)) return redactPayload(value, ruleOf(path), alias)
  if (Array.isArray(value)) return value.map((one) => redactFields(one, path, alias))
  if (typeof value === 'string') return redactOwnField(value, path, alias)
  if (!isFields(value)) return value
  const sticky = value.kind === 'TASK_QUEUE_KIND_STICKY'
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      // It names the machine.
      if (sticky && name === 'name') return [name, alias(String(field))]
      const below = name.endsWith(ATTRIBUTES) ? [name.slice(0, -ATTRIBUTES.length)] : [...path, name]
      return [name, redactFields(field, below, alias)]
    }),
  )
}

/** REDACT-2 */
const OWN_FIELDS = new Set(
  `activityId timerId markerName buildId deploymentName workerDeploymentName sdkName sdkVersion type source name normalName
  namespace namespaceId`.split(/\s+/),
)
const ID_FIELDS = new Set(['workflowId', 'rootWorkflowId'])
const PROSE = new Set(['stackTrace', 'reason', 'identity', 'url', 'cause', 'details', 'fairnessKey'])
const SIGNALS = new Set([CIRCUITS_CHANGED_SIGNAL, DUE_SIGNAL])
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** A number, an instant, a duration, an id, a word of an enum. */
const HARMLESS =
  /^(-?\d+|\d{4}-\d\d-\d\dT[\d:.]+Z|-?\d+(\.\d+)?s|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Z]+(_[A-Z0-9]+)+)$/
const TASK_CAUSE = /^WORKFLOW_TASK_FAILED_CAUSE_[A-Z_]+$/

function redactOwnField(text: string, path: readonly string[], alias: Aliases): string {
  const name = path.at(-1) ?? ''
  if (name === 'message') return messageOf(text, alias)
  if (name === 'signalName') return SIGNALS.has(text) ? text : alias(text)
  if (name === 'cause' && TASK_CAUSE.test(text)) return text
  if (PROSE.has(name) || path.some(isHeader)) return alias(text)
  if (ID_FIELDS.has(name)) return idOf(text, alias)
  return OWN_FIELDS.has(name) || HARMLESS.test(text) ? text : alias(text)
}

const isHeader = (name: string): boolean => /^headers?$/i.test(name)

/** REDACT-1 */
function redactPayload(payload: JsonPayload, rule: Rule, alias: Aliases): JsonPayload {
  if (rule === 'keep') return payload
  const { metadata, data } = plainPayload(payload)
  const encoding = encodingOf({ metadata, data })
  if (encoding === 'binary/null') return payload
  if (encoding === 'binary/plain') return jsonPayload({ metadata, data: new Uint8Array(data.length) })
  if (!encoding.startsWith('json/'))
    throw new Error(
      `A payload of this history is encoded as ${JSON.stringify(encoding)}: what can't be read can't be redacted`,
    )
  const redacted = redactValue(JSON.parse(Buffer.from(data).toString()), rule, alias)
  return jsonPayload({ metadata, data: Buffer.from(JSON.stringify(redacted)) })
}

function redactValue(value: unknown, rule: Rule, alias: Aliases): unknown {
  if (rule === 'keep' || value === null || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map((one) => redactValue(one, rule, alias))
  if (typeof value === 'string') return redactText(value, rule, alias)
  if (typeof value === 'number') return rule === 'free' || rule === 'schema' ? digitsOf(value) : value
  return redactObject(fieldsOf(value), rule, alias)
}

function redactText(text: string, rule: Rule, alias: Aliases): string {
  switch (rule) {
    case 'id':
      return idOf(text, alias)
    case 'message':
      return messageOf(text, alias)
    case 'code':
      return isKnownCode(text) ? text : alias(text)
    case 'choice':
      return TOOL_CHOICES.has(text) ? text : alias(text)
    default:
      return alias(text)
  }
}

function redactObject(fields: { readonly [name: string]: unknown }, rule: Rule, alias: Aliases): object {
  if (typeof rule === 'object')
    return mapped(fields, (name, value) => [name, redactValue(value, rule[name] ?? 'text', alias)])
  if (rule !== 'free' && rule !== 'schema')
    return mapped(fields, (name, value) => [name, redactValue(value, rule, alias)])
  return mapped(fields, (name, value) => {
    const word = rule === 'schema' && SCHEMA_WORDS.has(name)
    if (word && name === 'type' && isType(value)) return [name, value]
    return [word ? name : alias(name), redactValue(value, rule, alias)]
  })
}

const isType = (value: unknown): boolean =>
  Array.isArray(value) ? value.every(isType) : typeof value === 'string' && SCHEMA_TYPES.has(value)

/** No field is lost: where two names have become one, the later is longer. */
function mapped(
  fields: { readonly [name: string]: unknown },
  map: (name: string, value: unknown) => [string, unknown],
): object {
  const result = new Map<string, unknown>()
  for (const [name, value] of Object.entries(fields)) {
    let [key, redacted] = map(name, value)
    while (result.has(key)) key = `${key}x`
    result.set(key, redacted)
  }
  return Object.fromEntries(result)
}

/** As many digits before the point and after it. */
const digitsOf = (value: number): number => {
  const digits = Number(String(value).replace(/\d/g, '1'))
  return Number.isFinite(digits) ? digits : 1
}

/** A generation's or a renewal's: one that was made from a key says which. */
function idOf(text: string, alias: Aliases): string {
  const [, prefix = '', rest = text] = /^((?:renew|gen)-)(.+)$/s.exec(text) ?? []
  if (UUID.test(rest)) return text
  return prefix === 'renew-' ? `${prefix}${idOf(rest, alias)}` : `${prefix}${alias(rest)}`
}

function messageOf(text: string, alias: Aliases): string {
  const [own = ''] = OWN_WORDS.exec(text) ?? []
  return `${own}${alias(text.slice(own.length))}`
}

const OWN_CODES = new Set<string>([CIRCUIT_CODE, SLOTS_CODE, PAYLOADS_CODE, GAVE_WAY_CODE])

const SYSTEM_CODES = new Set(
  `ECONNRESET ECONNREFUSED ECONNABORTED ENOTFOUND ETIMEDOUT EPIPE EAI_AGAIN EHOSTUNREACH ENETUNREACH UND_ERR_SOCKET
  UND_ERR_CONNECT_TIMEOUT UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT`.split(/\s+/),
)

/** Holdfast's own, a system's, or one that is known of providers. */
const isKnownCode = (code: string): boolean =>
  OWN_CODES.has(code) ||
  SYSTEM_CODES.has(code) ||
  (/^\w{1,60}$/.test(code) && WORD_RULES.some(({ word }) => word?.test(code) === true))
