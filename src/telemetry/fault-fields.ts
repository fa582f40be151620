/** What a line may say of an error that nobody foresaw: its type, and where it was thrown. What it said may hold content (LOGGER-1). */
export const faultFields = (error: unknown): { type: string; at: string[] | undefined } => {
  const stack = error instanceof Error ? error.stack : undefined
  const at = stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
  return { type: error instanceof Error ? error.name : typeof error, at }
}
