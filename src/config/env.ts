/** `${ENV}` in URLs, headers and query values. */

export type Env = { readonly [name: string]: string | undefined }

const PLACEHOLDER = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/** The variables that a text names, in order, each once. */
export const envNamesIn = (text: string): string[] => [
  ...new Set([...text.matchAll(PLACEHOLDER)].map(([, name]) => name ?? '')),
]

/** Does the text hold a `${` that is not a plain `${NAME}`? Shell forms such as `${A:-b}` are not read. */
export const hasBrokenPlaceholder = (text: string): boolean => text.replace(PLACEHOLDER, '').includes('${')

/** A variable's value without white space around it; null where it is unset or empty. */
export function readEnv(env: Env, name: string): string | null {
  const value = env[name]?.trim()
  return value === undefined || value === '' ? null : value
}

/** The text with every `${NAME}` filled in, or the names that are not set. */
export function expandEnv(
  text: string,
  env: Env,
): { ok: true; text: string } | { ok: false; missing: string[] } {
  const missing = envNamesIn(text).filter((name) => readEnv(env, name) === null)
  if (missing.length > 0) return { ok: false, missing }
  return { ok: true, text: text.replace(PLACEHOLDER, (_, name: string) => readEnv(env, name) ?? '') }
}
