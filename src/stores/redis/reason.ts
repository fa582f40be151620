/** The system's or Redis's code for an error, else the error's name: its text could hold anything. */
export function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  if (!('message' in error && 'name' in error)) return 'unknown'
  return /^[A-Z]{3,20}(?= )/.exec(String(error.message))?.[0] ?? String(error.name)
}
