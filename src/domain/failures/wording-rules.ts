/** By the wording of a message, on the statuses where it can mean it (CLASSIFY-2 of classify.ts). The order counts. */
import { between, type HttpRule, is, isOrNone, noStatus } from './http-rule'

/** 403 is not among them: a country that is not supported is `forbidden`. 404 is: OpenRouter's "no endpoints". */
const cannot = isOrNone(400, 404, 405, 422, 501)
/** Together says 403 where an input is too long. */
const tooLong = isOrNone(400, 403, 413, 422)
/** Cohere says 498 where it blocks, Cloudflare's gateway 424. */
const blocked = isOrNone(400, 403, 422, 424, 451, 498)
const clientError: HttpRule['status'] = (status) => noStatus(status) || between(400, 499)(status)

/** Of a server, a model, an engine; a tool may have the word in its name. */
const OVERLOADED =
  /(^|server|servers|model|engine|system|service|api|is|are|currently|temporarily) (is |are |currently |temporarily |being )*overloaded|^overloaded|(server|system|service) (is )?(too )?busy|no capacity|capacity temporarily exceeded|high (demand|traffic)/i

export const WORDING_RULES: readonly HttpRule[] = [
  // Before the limits of the output: what does not fit beside the prompt fits into a larger window.
  {
    class: 'context_too_long',
    status: tooLong,
    message: /maximum context length is|max_\w*tokens must be at least 1, got -\d/i,
  },
  {
    class: 'unsupported',
    status: cannot,
    message:
      /maximum tokens you requested|range of max_\w*tokens|max[_ ]?(completion[_ ]?|output[_ ]?)?tokens\b.{0,120}(too large|maximum allowed|maximum output|at most|must be less than or|above maximum|supported range|<=)/i,
  },
  // An amount that is over a whole minute's budget never fits, however long one waits.
  { class: 'unsupported', status: is(400, 413, 429), message: /request too large .{0,200}tokens per min/i },
  // Money that is gone does not come back by waiting, whatever `Retry-After` a proxy adds.
  {
    class: 'quota_exhausted',
    status: clientError,
    message:
      /credit balance is too low|insufficient.{0,20}(credits?|balance|funds)|(balance|credits?|funds) (is |are )?(insufficient|exhausted|depleted|used up)|not have any credits|no resource package|budget has been exceeded|(exceeded|crossed|over) (the )?budget|out of credits/i,
  },
  // MiniMax says it with a 500. Only a message that begins with it: a 500 is an outage by all else.
  {
    class: 'quota_exhausted',
    status: is(500),
    message: /^insufficient (account )?(balance|credits?|funds|quota)/i,
  },
  {
    class: 'quota_exhausted',
    status: clientError,
    message: /used up your .{0,40}(allocation|credits|quota)|past the per month/i,
  },
  // Nobody's share is used up: the server has no room.
  {
    class: 'overloaded',
    status: is(429),
    message: OVERLOADED,
  },
  // Gemini says "exceeded your current quota" of a minute's budget too, and when it is there again.
  { class: 'rate_limited', status: is(429), waits: true },
  {
    class: 'quota_exhausted',
    status: clientError,
    message:
      /insufficient.{0,20}quota|reached the set .{0,20}limit|(monthly|spending) (usage )?limit (was |has been )?(reached|exceeded)|credit limit (has been )?(exceeded|reached)|key limit exceeded|reached your specified (API )?usage limits|billing hard limit|suspended.{0,120}(billing|payment|invoice|spending|balance|recharge)|(spending|budget) (limit|cap)|check your plan and billing|past due|overdue|recharge|top up/i,
  },
  {
    class: 'content_refused',
    status: blocked,
    message:
      /(prompt|input|output|response|text|content) (was |is |has been )?blocked|blocked (the )?(input|output|prompt|response)|content exists risk|considered high risk|content (management |moderation |filtering |safety |usage )?polic|content[_ ]filter|safety system|flagged|violat\w+ .{0,40}(polic|guideline)|inappropriate content|(sensitive|prohibited|unsafe) (content|words?|information)|data inspection/i,
  },
  {
    class: 'rate_limited',
    status: is(400, 403),
    message: /too many requests|rate limit (exceeded|reached)/i,
  },
  {
    class: 'context_too_long',
    status: tooLong,
    message:
      /maximum (context|model) length|max\w* (context |sequence )?length exceeded|(length of (the |your )?(messages|prompt|input)|(token count|(input|prompt|total) tokens)) .{0,40}exceed|context (length|window|size|limit|overflow)|prompt (is too long|exceeds max|contains too many)|longer than the (maximum|model)|maximum (prompt|input) length|exceed\w* .{0,20}(maximum|max|model'?s?) .{0,20}(tokens?|context|length)|exceed\w* model token limit|(input|prompt) token count|range of input length|input length .{0,40}exceed|must have less than \d+ tokens|inputs.{0,3} tokens (\+|and) .{0,3}max_new_tokens|(input|prompt|tokens|messages) (is |are )?too (long|large)|too many (input |prompt )?tokens|too large for model|reduce (the length of )?(the|your) (messages|prompt|input)|max_model_len|only supports up to \d+ tokens|expected maxlength|value at '(body|messages|prompt|inputs?)'.{0,80}length less than/i,
  },
  {
    class: 'forbidden',
    status: is(400),
    message: /(location|country|region|territory) .{0,20}not supported/i,
  },
  // It goes away by itself, whatever the status says: a 400 of NVIDIA's for a function that is down.
  {
    class: 'overloaded',
    status: is(400, 404, 422),
    message:
      /degraded function|(not|n't) ready for inference|(temporarily|currently) (unavailable|not available)|is (still |currently )?(loading|warming up|starting up)/i,
  },
  { class: 'overloaded', status: is(400, 500), message: OVERLOADED },
  // Gemini goes on: "or is not supported for generateContent".
  {
    class: 'model_not_found',
    status: is(404),
    message: /^models?\/?\S* .{0,40}(is |was )?not found/i,
  },
  // Of the model itself, and not of something that it lacks; Bedrock's wants to be called by another id.
  {
    class: 'model_not_found',
    status: is(400),
    message: /with on-demand throughput|^model [^ ]+ is not supported|no models? (is |are )?loaded/i,
  },
  // llama.cpp.
  {
    class: 'context_too_long',
    status: is(500),
    message: /exceeds the available context size|context shift/i,
  },
  {
    class: 'unsupported',
    status: cannot,
    message:
      /(not|n't) support|unsupported|deprecated for this model|(unrecognized|unknown) (request )?(argument|name|field|parameter|key)|extra inputs are not permitted|extraneous key .{0,60}not permitted|extra fields not permitted|additional propert\w+ .{0,40}not allowed|unexpected (keyword|field|property|parameter)|endpoints found that support|requires --enable|not compatible with|only supported (by|on|with|for|in)|enabled only for|model only supports|can(not|'t) be combined with|cannot both be specified|not a multimodal model|response_format.{0,60}(unavailable|not available)|type is unavailable|(not|isn't) (enabled|available|allowed|permitted) (for|on|with|in) (this (model|api|endpoint)|models?\/)|invalid schema for|array too long|cannot find field|must be set to .{0,40}when/i,
  },
  {
    class: 'model_not_found',
    status: is(400, 403, 404, 410, 422),
    message:
      /not a valid model|model .{0,120}(does not exist|not exist|not found|is not available|decommissioned|no longer (supported|available)|deprecated|end of life|retired|shut down)|unable to access model|(no such|unknown|invalid) model|model (identifier|id|name) .{0,40}is invalid|unavailable model|no healthy deployments|endpoint .{0,80} is (stopped|not running)|no allowed providers|no endpoints found/i,
  },
  {
    class: 'unauthorized',
    status: is(400, 403, 404),
    message:
      /^unauthori[sz]ed$|(missing|invalid).{0,30}authorization\b|(the|auth\w*|server) token .{0,20}(invalid|expired|revoked)|invalid .{0,20}(server|auth\w*) token|(api|subscription|access) ?(key|token) (you provided |provided )?(is )?(not valid|not found|invalid|missing|expired|revoked|disabled|required)|(invalid|incorrect|missing|no|expired) (api ?key|access token|authentication|credentials|x-api-key)|(security|session|bearer) token .{0,60}(invalid|expired)|key (was|has been) .{0,20}(leaked|revoked|disabled)|authentication fail|unregistered callers/i,
  },
]
