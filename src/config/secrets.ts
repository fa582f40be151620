/**
 * Finds what looks like a key, so that the loader can refuse it in a file and no error text repeats it.
 * Stricter than `domain/redact`: masking too much of a provider's text is harmless, refusing a config is not.
 * It knows the shapes in which keys are issued, not every key there is.
 */

/** OpenAI's and Anthropic's `sk-`, our own `hfk_`, other issuers' prefixes with a digit behind, JSON web tokens, Google's and AWS's ids. */
const KEY_SHAPE =
  /\bsk[-_][A-Za-z0-9_-]{6,}|\bhfk_[0-9a-f]{8,}|\b(?:pk|rk|gsk|xai|hf|r8|pplx|nvapi|tgp|fw|csk|ghp|gho|github_pat)[-_](?=[\w-]*\d)[\w-]{8,}|\beyJ[\w-]{10,}|\bAIza[\w-]{20,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g
/** Keys without a prefix (Azure's, Together's) are long runs of letters and digits. Account ids in URLs are too. */
const LONG_TOKEN = /\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{32,}\b/g
const PLACEHOLDER = /\$\{[^}]*\}/g
/** Header and query names whose value is a secret by trade. */
const SECRET_NAME = /^(?:proxy-)?authorization$|(?:^|[-_])(?:api[-_]?key|token|secret|password)$/i
/** What stands before the secret in `authorization`. */
const SCHEME = /^(?:bearer|basic|token)\b\s*/i

/** Does the text, apart from its `${ENV}` parts, hold something in the shape of a key? */
export const holdsKey = (text: string): boolean => text.replace(PLACEHOLDER, '').search(KEY_SHAPE) >= 0

/** The same, and long tokens too: where a URL's account ids don't stand. */
export const looksSecret = (text: string): boolean =>
  holdsKey(text) || text.replace(PLACEHOLDER, '').search(LONG_TOKEN) >= 0

/** The same for a named value: `authorization: Bearer abc` is a secret whatever its shape. */
export function looksSecretNamed(name: string, text: string): boolean {
  const literal = text.replace(PLACEHOLDER, '').replace(SCHEME, '').trim()
  return looksSecret(text) || (SECRET_NAME.test(name) && literal !== '')
}

/** The text with everything that looks like a key masked. */
export const maskSecrets = (text: string): string => text.replace(KEY_SHAPE, '***').replace(LONG_TOKEN, '***')
