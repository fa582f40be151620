/** Error texts that may stand in histories and logs: of bounded length, on one line, without keys and echoes of the prompt. */
import { wellFormed } from '../request/text'

const MAX_MESSAGE_LENGTH = 300
/** Work is bounded too: an error body can be megabytes of HTML. */
const MAX_INPUT_LENGTH = 4_000

/** Validators repeat what they refused (vLLM's `value=`, pydantic's `input_value=`): that may be the prompt. */
const ECHO = /\b((?:input_)?value=).*$/s

/** AWS repeats what should have been signed: path, headers and, among them, the session token. */
const SIGNED = /(The Canonical String).*$/s

/** Each pattern, with what takes its place. Providers echo parts of the key in their 401 (OpenAI does). */
const SECRETS: readonly [RegExp, string][] = [
  [/\b(sk|hfk|pk|rk|gsk|xai|tgp|pplx|nvapi|hf|AIza)([-_][\w*.-]{3,}|\w{20,})/g, '$1-***'],
  [/\b(AKIA|ASIA)[A-Z0-9]{12,}/g, '$1***'],
  [/\b(bearer|basic)\s+[\w*.~+/=-]{6,}/gi, '$1 ***'],
  [/\b((?:api[ -_]?|access |subscription )key(?: provided| is)?\s*[:=]\s*)["'`]?[^\s"'`,;]+/gi, '$1***'],
  [/\b([?&](?:key|api[-_]?key|token|sig)=)[^\s&"']+/gi, '$1***'],
  // Azure's and Together's keys carry no prefix: 32 and 64 characters without a break, digits among them.
  [/(?<![\w/.-])(?=[A-Za-z_]*\d)\w{32,}/g, '***'],
]

/** Terminals act on control characters, and a provider must not steer ours. */
const BLANKS = /[\s\p{Cc}]+/gu

const LEADING_HALF_AT_END = /[\ud800-\udbff]$/

/**
 * Any text a provider sent -> one that may be kept: white space folded, control characters and halves of
 * characters gone, secrets masked, at most 300 characters.
 */
export const redact = (text: string): string => {
  const bounded = wellFormed(text.slice(0, MAX_INPUT_LENGTH))
  let clean = bounded.replace(BLANKS, ' ').trim().replace(ECHO, '$1…').replace(SIGNED, '$1…')
  for (const [pattern, mask] of SECRETS) clean = clean.replace(pattern, mask)
  if (clean.length <= MAX_MESSAGE_LENGTH) return clean
  return `${clean.slice(0, MAX_MESSAGE_LENGTH - 1).replace(LEADING_HALF_AT_END, '')}…`
}
