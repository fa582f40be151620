/** By a provider's own word: a code, a type, a reason. It means one thing wherever it stands. */
import { type HttpRule, is } from './http-rule'

export const WORD_RULES: readonly HttpRule[] = [
  // OpenAI has one code for every text that is too long; the parameter shows which.
  {
    class: 'unsupported',
    status: is(400),
    message: /^invalid '(?!messages|input|prompt|instructions)[^']*': string too long/i,
  },
  {
    class: 'quota_exhausted',
    word: /^(insufficient_(quota|user_quota|credits|balance|funds)|insufficientbalance|exceeded_current_quota_error|billing_hard_limit_reached|billing_not_active|billing_error|quota_exceeded|budget_exceeded|spend_limit_exceeded|credit_limit|credit_balance_exhausted|credits_exhausted|(contract|enforced|linked_organization)_spend_limit_reached|linked_organization_billing_unavailable|payment_required|arrearage|servicequotaexceededexception|allocationquota\.freetieronly|1113|1008)$/i,
  },
  // Google's name of a quota. The wait that comes along is that of a minute, and no day's quota is back by then.
  { class: 'quota_exhausted', status: is(429), word: /PerDay/ },
  {
    class: 'content_refused',
    word: /^((image_)?content_policy_violation|(bio|cyber)_policy|content_filter(ed)?|responsibleaipolicyviolation|moderation_blocked|invalid_prompt|content_moderation|data_?inspection_?failed|prohibited_content|image_safety|input_moderation|sensitive_words_detected|1301|1026|1027)$/i,
  },
  {
    class: 'context_too_long',
    word: /^(context_length_exceeded|context_window_exceeded|contextwindowexceedederror|context_exceeded|model_max_prompt_tokens_exceeded|tokens_too_long|tokens_limit_reached|prompt_too_long|input_too_long|string_above_max_length|exceed_context_size_error|request_too_large|request_body_too_large_after_decoding|1261)$/i,
  },
  {
    class: 'schema_mismatch',
    word: /^(json_validate_failed|tool_use_failed|output_parse_failed)$/i,
  },
  {
    class: 'unsupported',
    word: /^(unsupported_(parameter|value|model|content|media_type)|unknown_parameter|thread_unsupported_request|array_above_max_length|invalid_json_schema|json_mode_not_supported|data_residency_mismatch)$/i,
  },
  {
    class: 'model_not_found',
    word: /^(model_not_(found|available|exist|exists|supported)|modelnotfound(exception|error)?|model_(decommissioned|deprecated|retired|terminated)|deploymentnotfound|(unknown|unavailable|invalid)_model|invalidmodel|1211)$/i,
  },
  {
    class: 'unauthorized',
    word: /^(invalid_api_key|invalidapikey|api_key_invalid|invalid_authentication(_error)?|expired_api_key|access_token_expired|unauthenticated|unrecognizedclientexception|expiredtokenexception|invalidsignatureexception|(missingauthenticationtoken|incompletesignature)(exception)?|invalidclienttokenid|signaturedoesnotmatch|requesttimetooskewed|requestexpired|incorrect_api_key|unauthori[sz]ed|auth_error|authentication_error)$/i,
  },
  {
    class: 'overloaded',
    word: /^(overloaded_error|overloaded|engine_overloaded(_error)?|server_(is_)?overloaded|model_overloaded|slow_down|capacity_exceeded|modelnotreadyexception|serviceunavailableexception|1305)$/i,
  },
  {
    class: 'rate_limited',
    word: /^(throttlingexception|toomanyrequestsexception|throttling(\..+)?|1302|1303)$/i,
  },
]
