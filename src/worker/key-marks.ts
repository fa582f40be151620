/**
 * A mark of the keys that this worker has for a provider: by it the cluster knows that a worker has another key than the one which
 * was refused.
 *
 * KEY-MARKS-1 A mark reveals no key that a provider has issued: it is a hash, cut to 64 bits, and such a key has more than 128 bits
 *    that nobody can try. One that somebody has made up (`secret`) could be guessed by whoever can read the circuits.
 * KEY-MARKS-2 The provider's name is part of what is hashed: two providers with one key have different marks.
 */
import { createHash } from 'node:crypto'
import { type Config, type Env, resolveProvider } from '../config'

const MARK_HEX_DIGITS = 16

/** By provider. Those without a key, and those that this environment can't call, have none. */
export function keyMarks(config: Config, env: Env): Map<string, string> {
  const marks = new Map<string, string>()
  for (const provider of Object.values(config.providers)) {
    const resolved = resolveProvider(provider, env)
    // A session token changes with every start where its secret does not.
    const keys = resolved.ok ? resolved.keys.map(({ value, aws }) => [value, aws?.accessKeyId ?? null]) : []
    if (keys.length > 0) marks.set(provider.name, markOf(provider.name, keys))
  }
  return marks
}

const markOf = (provider: string, keys: readonly unknown[]): string =>
  createHash('sha256')
    .update(JSON.stringify([provider, keys]))
    .digest('hex')
    .slice(0, MARK_HEX_DIGITS)
