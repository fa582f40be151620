/**
 * Whose fault a 400 is: words of a fault against rules that all APIs share (decision 0020). All else is evidence against one
 * provider alone, and another one is called.
 */

/** OpenAI's codes for values of a wrong kind or outside of any range, and words for what no API takes. */
const PROVED = {
  code: /^(invalid_(type|json)|json_invalid|missing_required_(parameter|field)|empty_(array|string))$/i,
  // Ranges of numbers and lists of values are not among them: they differ by provider and by model.
  message:
    /(request|body|payload|json) .{0,60}(is not valid json|could not be parsed|is malformed|decode error)|invalid json|(not|isn't) valid json|malformed (json|request)|messages?['"`:\]]* .{0,40}(is required|are required|(must|can) ?not be empty|at least one|too short)|(empty|missing) messages|too short - 'messages'|must be a response to a preceding message|did not have response messages|no tool (output|call) found for function call|tool_use.{0,3} ids were found without|unexpected .?tool_(use_id|result)/i,
  /** A field of a wrong kind, or one that is missing. */
  kind: /expected an? (string|object|array|integer|number|boolean)|(input|value) should be an? valid|not of type|field required/i,
}

/** Which parts and fields a message may have differs by API: DeepSeek takes text alone, vLLM no part that it does not know. */
const INSIDE_A_MESSAGE = /messages['"`]?(\[|\.\[?|, ?)\d/

/** `words`: codes, types and reasons. */
export const provesFault = (
  words: readonly string[],
  { message, param }: { message?: string | null | undefined; param?: string | null | undefined },
): boolean =>
  PROVED.message.test(message ?? '') ||
  (!INSIDE_A_MESSAGE.test(`${param ?? ''} ${message ?? ''}`) &&
    (words.some((word) => PROVED.code.test(word)) || PROVED.kind.test(message ?? '')))
