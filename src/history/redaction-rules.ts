/**
 * What of a payload is content, and what is not. Whatever is not named here as kept is replaced.
 *
 * REDACTION-1 A text is kept only where it is a word of Holdfast's or a name from the config (routes, targets, providers).
 * REDACTION-2 What a caller or a provider composes (arguments, schemas, options, headers) loses its keys and digits too.
 */

/**
 * `keep`. `text`: texts are replaced, numbers and keys stay. `free`: keys and digits as well. `schema`: as `free`, but for
 * the words of JSON Schema. `id`: random ones stay. `message`, `code`: of a failure; the words that are Holdfast's own or
 * well known stay. An object: field by field; what it does not name is `text`.
 */
export type Rule =
  | 'keep'
  | 'text'
  | 'free'
  | 'schema'
  | 'id'
  | 'message'
  | 'code'
  | 'choice'
  | { readonly [field: string]: Rule }

const PARAMS: Rule = {
  reasoningEffort: 'keep',
  logitBias: 'free',
  thinking: 'free',
  providerOptions: 'free',
  hints: { api: 'keep', fields: 'free', headers: 'free' },
}

const CANDIDATE: Rule = {
  target: 'keep',
  provider: 'keep',
  model: 'keep',
  params: PARAMS,
  headers: 'free',
  timeouts: 'keep',
  retry: 'keep',
  facts: 'keep',
  byCaller: 'keep',
}

const ROUTE: Rule = {
  name: 'keep',
  kind: 'keep',
  candidates: CANDIDATE,
  strategy: 'keep',
  order: 'keep',
  sticky: 'keep',
  express: 'keep',
  circuit: 'keep',
  cache: 'keep',
  unsupportedParams: 'keep',
  upstream: 'keep',
  rescue: 'keep',
  park: 'keep',
}

const TOOL_CALL: Rule = { id: 'text', name: 'text', arguments: 'free' }
const TOOL: Rule = { parameters: 'schema', own: 'free', cacheControl: 'free', calledAs: { type: 'keep' } }
/** Of a text it is one part, and has no other field. */
const PART: Rule = { type: 'keep', api: 'keep', block: 'free', cacheControl: 'free' }

/** What its maker sealed could hold anything. */
const OPAQUE: Rule = {
  api: 'keep',
  maker: { provider: 'keep', model: 'keep' },
  block: 'free',
  at: 'keep',
}

const MESSAGE: Rule = {
  role: 'keep',
  content: PART,
  toolCalls: TOOL_CALL,
  opaque: OPAQUE,
  thinking: 'free',
  cacheControl: 'free',
}

const REQUEST = {
  messages: MESSAGE,
  params: PARAMS,
  tools: TOOL,
  toolChoice: 'choice',
  output: { name: 'text', schema: 'schema' },
  task: { type: 'keep', input: 'free' },
} satisfies Rule

const ANSWER = {
  text: 'text',
  toolCalls: TOOL_CALL,
  finishReason: { unified: 'keep' },
  leftOut: 'keep',
  opaque: OPAQUE,
  output: 'free',
} satisfies Rule

const RECORD: Rule = {
  target: 'keep',
  failure: { class: 'keep', message: 'message', code: 'code', timeoutPhase: 'keep' },
}

const SNAPSHOT = {
  unusable: { provider: 'keep', reason: 'keep' },
  blocked: { target: 'keep', reason: 'keep' },
  latencies: { target: 'keep' },
} satisfies Rule

const CACHE: Rule = { key: 'id', control: 'keep' }

const INPUT: Rule = {
  id: 'id',
  route: ROUTE,
  request: REQUEST,
  cache: CACHE,
  seed: 'id',
  circuitSnapshot: { view: SNAPSHOT },
  look: { view: SNAPSHOT },
  logged: 'free',
  resumed: { dispatch: 'keep', records: RECORD, log: 'id' },
  asked: { ...REQUEST, prompt: 'text', schema: 'schema', override: 'free', metadata: 'free' },
}

const CALL: Rule = {
  generationId: 'id',
  route: 'keep',
  candidate: CANDIDATE,
  request: REQUEST,
  unsupportedParams: 'keep',
  circuit: 'keep',
  keep: { key: 'id', policy: 'keep' },
  stream: { logId: 'id' },
  before: RECORD,
  place: { log: 'id' },
  logged: 'free',
}

const CALL_RESULT: Rule = { answer: ANSWER, records: RECORD, rescue: 'keep' }

const RESULT: Rule = {
  ...ANSWER,
  id: 'id',
  route: 'keep',
  target: 'keep',
  served: 'keep',
  attempts: RECORD,
  rescue: 'keep',
}

/** What local activities have recorded. */
const MARKER: Rule = {
  ...SNAPSHOT,
  answer: ANSWER,
  // Of the express lane.
  records: RECORD,
  winning: RECORD,
  rescue: 'keep',
  type: 'keep',
  target: 'keep',
  route: ROUTE,
  request: REQUEST,
  cache: CACHE,
  seed: 'id',
  message: 'message',
  logged: 'free',
}

/** Of heartbeats, cancellations and failures. */
const DETAILS: Rule = {
  records: RECORD,
  attempts: RECORD,
  response: { id: 'id', key: 'text' },
  kind: 'keep',
  message: 'message',
  failureClass: 'keep',
}

/** By the event and the field of its attributes that a payload stands in. */
const BY_FIELD: { [field: string]: Rule } = {
  'workflowExecutionStarted.input': INPUT,
  // Keys of a caller's metadata are its words as well.
  'workflowExecutionStarted.memo': 'free',
  'workflowExecutionContinuedAsNew.memo': 'free',
  'startChildWorkflowExecutionInitiated.memo': 'free',
  'workflowExecutionStarted.lastCompletionResult': RESULT,
  'workflowExecutionContinuedAsNew.input': INPUT,
  'workflowExecutionContinuedAsNew.lastCompletionResult': RESULT,
  'workflowExecutionCompleted.result': RESULT,
  'startChildWorkflowExecutionInitiated.input': INPUT,
  'childWorkflowExecutionCompleted.result': RESULT,
  'activityTaskScheduled.input': CALL,
  'activityTaskCompleted.result': CALL_RESULT,
  'markerRecorded.details.result': MARKER,
  // Temporal's own.
  'markerRecorded.details.data': 'keep',
}

/** Search attributes that hold words of Holdfast's, names of the config, or what Temporal writes by itself. */
const KEPT_ATTRIBUTES =
  /^(Holdfast(Route|Target|Served|Outcome|Attempts|Failures|CostMicros|DurationMs)|BuildIds|Temporal\w+)$/

/** @param path of fields, from the attributes' name without `EventAttributes` on */
export function ruleOf(path: readonly string[]): Rule {
  const attributes = path.indexOf('indexedFields')
  if (attributes >= 0) return KEPT_ATTRIBUTES.test(path[attributes + 1] ?? '') ? 'keep' : 'text'
  const [event = '', field = '', inner = ''] = path
  const rule = BY_FIELD[`${event}.${field}`] ?? BY_FIELD[`${event}.${field}.${inner}`]
  if (rule !== undefined) return rule
  if (field === 'header') return 'free'
  return path.some((name) => /failure|details/i.test(name)) ? DETAILS : 'text'
}

/** Of JSON Schema, draft 2020-12 and before it. */
export const SCHEMA_WORDS: ReadonlySet<string> = new Set(
  `$anchor $comment $defs $dynamicAnchor $dynamicRef $id $ref $schema additionalItems additionalProperties allOf anyOf const
  contains contentEncoding contentMediaType contentSchema default definitions dependentRequired dependentSchemas deprecated
  description else enum examples exclusiveMaximum exclusiveMinimum format if items maxContains maxItems maxLength
  maxProperties maximum minContains minItems minLength minProperties minimum multipleOf not nullable oneOf pattern
  patternProperties prefixItems properties propertyNames readOnly required then title type unevaluatedItems
  unevaluatedProperties uniqueItems writeOnly`.split(/\s+/),
)

export const SCHEMA_TYPES: ReadonlySet<string> = new Set(
  'string number integer boolean object array null'.split(' '),
)

export const TOOL_CHOICES: ReadonlySet<string> = new Set(['auto', 'none', 'required'])

/** How Holdfast's own messages begin. What follows may quote a provider. */
export const OWN_WORDS =
  /^(HTTP \d{3}|All candidates failed|No answer before the deadline|The request was refused|No candidate may be called now|No candidate can serve this request|No provider of this route can be called|Nothing is cached for this request, and it says only-if-cached|the call was cancelled|another candidate answered first|another candidate was answering already|the worker was lost while the call was in flight|the worker was shut down while the call was in flight|the deadline came before the end of the call was reported|no worker finished the call in time|Activity task (failed|timed out|canceled))/
