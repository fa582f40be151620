/**
 * Paths as people write them. Base URLs are put together by hand and by clients that add their own `/v1`: what can only
 * mean one path of ours is taken for it.
 */

/** Without its query. */
export const pathOf = (url: string): string => url.split('?', 1)[0] ?? ''

/** Below `/v1`; the first word decides. */
const OURS: ReadonlySet<string> = new Set([
  'chat',
  'messages',
  'models',
  'generations',
  'responses',
  'embeddings',
])
/** What other gateways put before it. */
const PREFIXES: ReadonlySet<string> = new Set(['v1', 'openai', 'anthropic', 'api'])

/** A base URL that has the whole path already. */
const REPEATED = /^(chat\/completions|messages|responses|embeddings)(?:\/v1)?\/\1$/
/**
 * Only one thing ends so, whatever an API has before it: a version of its own, a deployment as at Azure (the model stands
 * in the body), a name.
 */
const CHAT_LAST = /^(?!models\/|generations\/).*?(chat\/completions)$/i

const endpointOf = (path: string): string =>
  path.replace(REPEATED, '$1').replace(CHAT_LAST, (_, chat: string) => chat.toLowerCase())

/** `//v1//v1/messages/?beta=true` -> `/v1/messages?beta=true`. A path that is none of ours stays as it is. */
export function canonicalPath(url: string): string {
  const at = url.indexOf('?')
  const path = at === -1 ? url : url.slice(0, at)
  // A slash that a client has encoded is a part of a name.
  const parts = path.split('/').filter((part) => part !== '')
  const first = parts.findIndex((part) => !PREFIXES.has(part.toLowerCase()))
  const endpoint = endpointOf(parts.slice(first).join('/'))
  if (first === -1 || !OURS.has(endpoint.split('/', 1)[0] ?? '')) {
    const [only] = parts
    return parts.length === 1 && path !== `/${only}` ? `/${only}${at === -1 ? '' : url.slice(at)}` : url
  }
  return `/v1/${endpoint}${at === -1 ? '' : url.slice(at)}`
}

/** What other gateways and the providers have, and what there is here in its place. */
const INSTEAD: readonly [RegExp, string][] = [
  [/(?<!\/chat)\/completions\/?$/, 'Text completions are not served: POST /v1/chat/completions is'],
  [/\/complete\/?$/, 'Text completions are not served: POST /v1/messages is'],
  [/\/messages\/batches/, '`holdfast batch` does that: docs/batch.md'],
  [/^\/v1(?:alpha|beta)\d*\//, "Google's API is not served: POST /v1/chat/completions is"],
  [
    /:(?:generateContent|streamGenerateContent|rawPredict|streamRawPredict)$/,
    "Google's API is not served: POST /v1/chat/completions and /v1/messages are",
  ],
  [
    /^\/model\/[^/]+\/(?:invoke|converse)/,
    "Bedrock's API is not served: POST /v1/chat/completions and /v1/messages are",
  ],
  [
    /^\/api\/(?:chat|generate|tags|show|version|ps|embed)\/?$/,
    "Ollama's own API is not served: POST /v1/chat/completions is",
  ],
  [/\/responses\/[^/]+\/input_items/, 'The items of a request are not kept: the caller has them'],
  [/\/responses\/compact/, 'Conversations are shortened by the caller'],
  [/\/responses\/input_tokens/, 'Tokens are counted at POST /v1/messages/count_tokens'],
  [/^\/v1\/chat(?:\/completion)?\/?$|\/chatcompletions\/?$/i, 'It is POST /v1/chat/completions'],
  [/^\/v1\/message\/?$/, 'It is POST /v1/messages'],
  [
    /\/(images|audio|moderations|files|batches|assistants|threads|rerank|realtime|fine_tuning|videos|vector_stores)/,
    'Holdfast serves generations and embeddings alone',
  ],
]

/** A sentence for a path that is not there; null: nothing is known of it. */
export const insteadOf = (path: string): string | null =>
  INSTEAD.find(([pattern]) => pattern.test(path))?.[1] ?? null
