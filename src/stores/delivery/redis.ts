/**
 * The log in Redis, shared by all processes: a list and a text per generation, and one atomic script per step.
 *
 * REDIS-1 Two connections a process, however many logs it writes and reads: one sends commands (on a cluster each
 *    master), one listens.
 * REDIS-2 A change is only announced; what it is, a reader fetches from its position. So nothing is lost with
 *    a connection.
 * REDIS-3 Every key runs out by itself, KEEP_MS after the last change, COMMITTED_KEEP_MS after the answer.
 */
import { connectRedis, type RedisConnection, subscribeRedis, type Words } from '../redis/connection'
import { REDIS_FORMS, redisPlace } from '../redis/place'
import { eventsOf, restOf } from './pieces'
import { baseOf, contentOf } from './rules'
import { APPEND, COMMIT, FAIL, OPEN, PAGE, type Script, TAKE_LEAD } from './scripts'
import { type LogWords, PLAIN_WORDS, plainLines, SEALED_PREFIX } from './sealed'
import { type DeliveryStore, LogLost, PAGE_EVENTS } from './store'
import { createTroubleWatch, type Use } from './trouble'
import type { Commit, Delivered, Epoch } from './types'

/** A generation may wait long between two calls; an hour later nobody comes back for its words. */
const KEEP_MS = 3_600_000
/** By then whoever was cut off is back, and the call whose worker died was made again. Later the workflow's result serves. */
const COMMITTED_KEEP_MS = 600_000

/** In braces: on a cluster the three keys of a log are on one node. */
const keysOf = ({ prefix }: Pick<LogWords, 'prefix'>, log: string) => {
  const meta = `${prefix}:{${log}}`
  return [meta, `${meta}:pieces`, `${meta}:text`]
}

/** OPEN begins with a deletion, after which a full Redis lets the rest pass; TAKE_LEAD seldom writes. */
const USES = new Map<Script, Use>([
  [PAGE, 'read'],
  [OPEN, 'try'],
  [TAKE_LEAD, 'try'],
])

export interface RedisDeps {
  /** The server can't be reached, or refuses: called once when it goes, with null once when it is back. */
  onTrouble: (error: unknown) => void
  /** How what is said stands there. Default: as it is. */
  words?: LogWords | undefined
}

/** Connects in the background. Throws for a text that is no redis URL. */
export function redisStore(url: string, { onTrouble, words = PLAIN_WORDS }: RedisDeps): DeliveryStore {
  const place = redisPlace(url)
  if (place === null) throw new Error(`delivery.url is not ${REDIS_FORMS}`)
  const connection = connectRedis(place)
  const subscriber = subscribeRedis(place)
  let closed = false
  const watched = createTroubleWatch((error) => {
    if (!closed) onTrouble(error)
  })

  const run = (script: Script, log: string, own: readonly (string | Buffer)[]) => {
    return watched(USES.get(script) ?? 'write', evaluate(connection, script, keysOf(words, log), own))
  }
  /** The rest of the reply, by its first word. Throws where the log is gone. */
  async function step(script: Script, log: string, epoch: Epoch, own: readonly (string | Buffer)[]) {
    const { sequence, attempt } = epoch
    const keepMs = script === COMMIT ? COMMITTED_KEEP_MS : KEEP_MS
    const reply = await run(script, log, [`${sequence}`, `${attempt}`, `${keepMs}`, ...own])
    if (reply.word === 'lost') throw new LogLost()
    return reply
  }

  return {
    async open(log, epoch, exclusive) {
      const { word, rest } = await step(OPEN, log, epoch, [exclusive ? 'exclusive' : '', `${baseOf(epoch)}`])
      if (word === 'committed') return { state: 'committed', commit: commitIn(words, log, rest) }
      if (word === 'superseded') return { state: 'superseded' }
      return { state: 'open', ...sent(words, log, rest) }
    },
    async append(log, epoch, events) {
      const { keeps, text, reasoned } = contentOf(events)
      const whole = words.sealed ? '' : words.bytes(log, text)
      const content = [keeps ? '' : 'void', whole, reasoned ? 'reasoned' : '']
      const { word, rest } = await step(APPEND, log, epoch, [
        ...content,
        ...events.flatMap((event) => {
          const { kind, target, rest } = restOf(event)
          const chars = event.type === 'text' ? event.text.length : 0
          const inLine = words.sealed && event.type === 'text'
          const own = inLine || rest !== '' ? words.rest(log, kind, inLine ? event.text : rest) : ''
          return [kind, target ?? '', `${chars}`, own]
        }),
      ])
      switch (word) {
        case 'appended':
        case 'led':
        case 'superseded':
        case 'committed':
          return word
        case 'behind':
          return { state: 'behind', ...sent(words, log, rest) }
        default:
          throw new TypeError(`not an answer to an append: ${word}`)
      }
    },
    async fail(log, epoch, record) {
      await step(FAIL, log, epoch, [words.rest(log, 'a', JSON.stringify(record))])
    },
    async commit(log, epoch, commit) {
      const { answer, target } = commit
      const withoutText = JSON.stringify({ ...commit, answer: { ...answer, text: '' } })
      const own = [words.rest(log, COMMIT_KIND, withoutText), words.bytes(log, answer.text), target]
      let known = words.sealed ? ['', ''] : []
      for (;;) {
        const { word, rest } = await step(COMMIT, log, epoch, [...own, ...known])
        if (word === 'superseded') return null
        if (word === 'before') return commitIn(words, log, rest)
        if (word !== 'compare') return commit
        const [said, ...there] = rest
        known = [`${said}`, answer.text.startsWith(sent(words, log, there).text) ? 'begun' : '']
      }
    },
    async takeLead(log, epoch, silentMs) {
      const { word, rest } = await step(TAKE_LEAD, log, epoch, [`${Math.ceil(silentMs)}`])
      if (word === 'led') return { state: 'led', silentInMs: Number(rest[0]) }
      return { state: word === 'committed' ? 'committed' : 'free' }
    },
    async page(log, after) {
      if (closed) return { lost: true }
      const { word, rest } = await run(PAGE, log, [`${after}`, `${PAGE_EVENTS}`])
      if (word !== 'events') return word === 'lost' ? { lost: true } : { lost: false, delivered: [] }
      try {
        return { lost: false, delivered: pageIn(words, log, rest, after) }
      } catch (error) {
        if (error instanceof LogLost) return { lost: true }
        throw error
      }
    },
    async remove(log) {
      // Of both kinds: it may be from before the keys, or from while there were some.
      for (const prefix of [PLAIN_WORDS.prefix, SEALED_PREFIX]) {
        const keys = keysOf({ prefix }, log)
        const [meta = ''] = keys
        await connection.execute(meta, ['DEL', ...keys])
        // Its readers end now rather than when they next look.
        await connection.execute(meta, ['PUBLISH', meta, ''])
      }
    },
    watch: (log, notify) => subscriber.listen(keysOf(words, log)[0] ?? '', notify),
    async close() {
      closed = true
      subscriber.close()
      connection.close()
    },
  }
}

interface Reply {
  word: string
  rest: Buffer[]
}

async function evaluate(
  { execute }: RedisConnection,
  { source, sha1 }: Script,
  keys: readonly string[],
  own: Words,
): Promise<Reply> {
  const [first = ''] = keys
  const given = [`${keys.length}`, ...keys, ...own]
  const reply = await execute(first, ['EVALSHA', sha1, ...given]).catch((error: unknown) => {
    // A server that has not seen it yet, or was restarted.
    if (error instanceof Error && error.message.startsWith('NOSCRIPT'))
      return execute(first, ['EVAL', source, ...given])
    throw error
  })
  if (!Array.isArray(reply) || !reply.every(Buffer.isBuffer))
    throw new TypeError('not an answer of our script')
  const [word, ...rest] = reply
  return { word: String(word), rest }
}

/** What readers have. */
const sent = (words: LogWords, log: string, [reasoned, text, ...pieces]: readonly Buffer[]) => ({
  text: words.sealed
    ? pieces.map((piece) => words.textOf(log, 't', String(piece))).join('')
    : words.textOfBytes(log, text ?? NO_BYTES),
  reasoned: reasoned?.length !== 0,
})

const NO_BYTES = Buffer.alloc(0)
const COMMIT_KIND = 'commit'

/** We wrote it: nothing else has these keys. */
function commitIn(words: LogWords, log: string, [json, text]: readonly Buffer[]): Commit {
  const commit: Commit = JSON.parse(words.textOf(log, COMMIT_KIND, String(json)))
  return { ...commit, answer: { ...commit.answer, text: words.textOfBytes(log, text ?? NO_BYTES) } }
}

/** The reply of PAGE. */
function pageIn(words: LogWords, log: string, reply: readonly Buffer[], after: number): Delivered[] {
  const [first, end, textFrom, textBytes = NO_BYTES, json, past, count, ...more] = reply
  const commit = json?.length ? commitIn(words, log, [json, textBytes]) : null
  const targets = more.slice(0, Number(count)).map(String)
  const stored = more.slice(targets.length).map(String)
  const { lines, text: pieces } = words.sealed ? plainLines(words, log, stored) : { lines: stored, text: '' }
  const text = commit?.answer.text ?? (words.sealed ? pieces : words.textOfBytes(log, textBytes))
  const reading = { targets, text, textFrom: Number(textFrom), end: Number(end), commit }
  const old = String(past)
    .split('\n')
    .map((line) => ({ position: Number.parseInt(line, 10), line: line.slice(line.indexOf(' ') + 1) }))
    .filter(({ position }) => position > after)
  const oldLines = old.map(({ line }) => line)
  const oldEvents = eventsOf(words.sealed ? plainLines(words, log, oldLines).lines : oldLines, reading)
  return [
    ...oldEvents.map((event, index) => ({ position: old[index]?.position ?? 0, event })),
    ...eventsOf(lines, reading).map((event, index) => ({ position: Number(first) + index, event })),
  ]
}
