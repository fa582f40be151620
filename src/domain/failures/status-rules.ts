/** By the status alone; for an error inside a stream, which has none, by its type or its words (CLASSIFY-3 of classify.ts). */
import { between, type HttpRule, is, noStatus } from './http-rule'

export const STATUS_RULES: readonly HttpRule[] = [
  { class: 'unauthorized', status: is(401) },
  { class: 'quota_exhausted', status: is(402) },
  { class: 'forbidden', status: is(403, 451) },
  { class: 'model_not_found', status: is(404, 410) },
  { class: 'unsupported', status: is(405, 501) },
  // The server gave up waiting for the request: a silent route, not a wrong request.
  { class: 'timeout', status: is(408) },
  // A proxy that wants a key, a conflict, locked, a dependency that failed (Bedrock), too early, hung up on by a proxy: each goes away by itself.
  { class: 'server_error', status: is(407, 409, 423, 424, 425, 499) },
  { class: 'context_too_long', status: is(413) },
  { class: 'rate_limited', status: is(420, 429) },
  // Groq: no room for the flexible tier.
  { class: 'overloaded', status: is(498) },
  { class: 'invalid_request', status: between(400, 499) },
  { class: 'overloaded', status: is(503, 529) },
  // 500, 502, 504, Cloudflare's 520 to 530 and whatever a proxy invents.
  { class: 'server_error', status: between(500, 599) },
  { class: 'bad_response', status: (status) => status !== null },

  // An error inside a stream.
  // OpenAI's codes for an image that can't be read or fetched. Another provider may have better luck.
  {
    class: 'invalid_request',
    status: noStatus,
    word: /^(invalid_(base64_)?image(_\w+)?|image_\w+|unsupported_image_media_type|empty_image_file|failed_to_download_image)$/i,
  },
  { class: 'unauthorized', status: noStatus, word: /authentication|unauthori[sz]ed/i },
  { class: 'forbidden', status: noStatus, word: /permission|forbidden|access_?denied/i },
  { class: 'model_not_found', status: noStatus, word: /not_?found/i },
  {
    class: 'rate_limited',
    status: noStatus,
    word: /rate_?limit|too_?many_?requests|resource_exhausted|^(tokens|requests)$/i,
  },
  { class: 'overloaded', status: noStatus, message: /overloaded|server (is )?busy|capacity|high traffic/i },
  { class: 'rate_limited', status: noStatus, message: /rate limit|too many requests/i },
  {
    class: 'invalid_request',
    status: noStatus,
    word: /invalid_?(request|argument)|bad_?request|validation/i,
  },
  { class: 'server_error' },
]
