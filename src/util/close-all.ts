/** Ends what was started, newest first. Each one is ended although the end of another failed. */

export type Closers = (() => Promise<unknown>)[]

/** Empties the list. Throws the first error there was. */
export async function closeAll(closers: Closers): Promise<void> {
  const errors: unknown[] = []
  for (const close of closers.splice(0).reverse()) await close().catch((error: unknown) => errors.push(error))
  if (errors.length > 0) throw errors[0]
}
