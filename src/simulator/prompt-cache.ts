/**
 * The prompt caches of the providers, as far as their usage shows them.
 *
 * SIMULATED-CACHE-1 Anthropic's: what stands before a mark is written, and read by whoever begins with the same blocks.
 * SIMULATED-CACHE-2 OpenAI's: what two requests with one `prompt_cache_key` have in common is read, in steps of 128 tokens from
 *    1,024 on. Without a key each request meets a machine that does not know it: the real ones are only likely to.
 */
import type { JsonObject, JsonValue } from '../domain/request/json'
import type { Usage } from '../domain/streaming/answer'
import { type Format, isObject, listOf } from './formats/format'
import { estimateTokens } from './text'

type CacheUsage = Pick<Usage, 'cachedInputTokens' | 'cacheWriteInputTokens' | 'longCacheWriteInputTokens'>

export interface PromptCaches {
  /** What a call reads and writes; it is known to the next one. */
  use(format: Format, target: string, body: JsonObject): CacheUsage
  clear(): void
}

interface Block {
  /** All that stands up to its end. */
  prefix: string
  /** Its mark; null: none. */
  mark: JsonObject | null
}

const blocksIn = (content: JsonValue | undefined): JsonObject[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content)

/** In the order in which Anthropic's cache has them. */
function blocksOf({ tools, system, messages, cache_control: whole }: JsonObject): Block[] {
  const all: JsonObject[] = [
    ...listOf(tools),
    ...blocksIn(system),
    ...listOf(messages).flatMap(({ role, content }) =>
      blocksIn(content).map((block) => ({ ...block, role: role ?? null })),
    ),
  ]
  let prefix = ''
  return all.map(({ cache_control: mark, ...block }, at): Block => {
    prefix += JSON.stringify(block)
    const own = at === all.length - 1 && isObject(whole) ? whole : mark
    return { prefix, mark: isObject(own) ? own : null }
  })
}

const MOST_PROMPTS = 50
const LEAST_TOKENS = 1_024
const STEP_TOKENS = 128

const commonLength = (one: string, other: string): number => {
  let at = 0
  while (at < one.length && one[at] === other[at]) at += 1
  return at
}

export function createPromptCaches(): PromptCaches {
  const written = new Map<string, Set<string>>()
  const prompts = new Map<string, string[]>()

  /** SIMULATED-CACHE-1 */
  function anthropics(target: string, body: JsonObject): CacheUsage {
    const blocks = blocksOf(body)
    const last = blocks.findLast(({ mark }) => mark !== null)
    if (last === undefined) return {}
    const known = written.get(target) ?? new Set()
    written.set(target, known)
    const upTo = blocks.slice(0, blocks.indexOf(last) + 1)
    const read = upTo.findLast(({ prefix }) => known.has(prefix))?.prefix ?? ''
    for (const { prefix, mark } of upTo) if (mark !== null) known.add(prefix)
    const readTokens = read === '' ? 0 : estimateTokens(read.length)
    const writtenTokens = estimateTokens(last.prefix.length) - readTokens
    return {
      cachedInputTokens: readTokens,
      cacheWriteInputTokens: writtenTokens,
      longCacheWriteInputTokens: last.mark?.ttl === '1h' ? writtenTokens : 0,
    }
  }

  /** SIMULATED-CACHE-2 */
  function openAis(target: string, body: JsonObject): CacheUsage {
    const { prompt_cache_key: key, tools, instructions, input, messages } = body
    if (typeof key !== 'string') return {}
    const prompt = JSON.stringify([tools, instructions, input ?? messages])
    const name = `${target}\n${key}`
    const before = prompts.get(name) ?? []
    prompts.set(name, [...before, prompt].slice(-MOST_PROMPTS))
    const common = Math.max(0, ...before.map((one) => commonLength(one, prompt)))
    const tokens = Math.floor(common / 4 / STEP_TOKENS) * STEP_TOKENS
    return { cachedInputTokens: tokens < LEAST_TOKENS ? 0 : tokens }
  }

  return {
    use: (format, target, body) =>
      format.dialect === 'anthropic' ? anthropics(target, body) : openAis(target, body),
    clear() {
      written.clear()
      prompts.clear()
    },
  }
}
