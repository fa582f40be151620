/** A config written as a program: `.ts`, `.js`, `.mjs`, `.cjs` with a default export. */

import { reasonOf } from './problems'

const SCRIPT = /\.[cm]?[jt]s$/

export const isScript = (file: string): boolean => SCRIPT.test(file)

/**
 * @param path absolute.
 * @returns its default export; or why it can't be had.
 */
export async function importScript(
  path: string,
): Promise<{ ok: true; value: unknown } | { ok: false; message: string }> {
  // Loaded on use: a YAML config doesn't pay for it.
  const { createJiti } = await import('jiti')
  // No caches: nothing is written beside the user's files, and an edited config is read anew.
  const jiti = createJiti(path, { fsCache: false, moduleCache: false })
  try {
    const value: unknown = await jiti.import(path, { default: true })
    if (typeof value === 'object' && value !== null) return { ok: true, value }
    return { ok: false, message: 'has no config: write export default defineConfig({ ... })' }
  } catch (error) {
    return {
      ok: false,
      message: `could not be loaded: ${reasonOf(error)}`,
    }
  }
}
