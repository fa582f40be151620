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
import { type DeliveryStore, LogLost, PAGE_EVENTS } from './store'
import { createTroubleWatch, type Use } from './trouble'
import type { Commit, Delivered, Epoch } from './types'

/** A generation may wait long between two calls; an hour later nobody comes back for its words. */
const KEEP_MS = 3_600_000
/** By then whoever was cut off is back, and the call whose worker died was made again. Later the workflow's result serves. */
const COMMITTED_KEEP_MS = 600_000

/** In braces: on a cluster the three keys of a log are on one node. */
const keysOf = (log: string) => {
  const meta = `holdfast:delivery:{${log}}`
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
}

/** Connects in the background. Throws for a text that is no redis URL. */
export function redisStore(url: string, { onTrouble }: RedisDeps): DeliveryStore {
  const place = redisPlace(url)
  if (place === null) throw new Error(`delivery.url is not ${REDIS_FORMS}`)
  const connection = connectRedis(place)
  const subscriber = subscribeRedis(place)
  let closed = false
  const watched = createTroubleWatch((error) => {
    if (!closed) onTrouble(error)
  })

  const run = (script: Script, log: string, own: readonly (string | Buffer)[]) => {
    return watched(USES.get(script) ?? 'write', evaluate(connection, script, keysOf(log), own))
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
      if (word === 'committed') return { state: 'committed', commit: commitIn(rest) }
      if (word === 'superseded') return { state: 'superseded' }
      return { state: 'open', ...sent(rest) }
    },
    async append(log, epoch, events) {
      const { keeps, text, reasoned } = contentOf(events)
      const content = [keeps ? '' : 'void', Buffer.from(text, 'utf16le'), reasoned ? 'reasoned' : '']
      const { word, rest } = await step(APPEND, log, epoch, [
        ...content,
        ...events.flatMap((event) => {
          const { kind, target, rest } = restOf(event)
          return [kind, target ?? '', `${event.type === 'text' ? event.text.length : 0}`, rest]
        }),
      ])
      switch (word) {
        case 'appended':
        case 'led':
        case 'superseded':
        case 'committed':
          return word
        case 'behind':
          return { state: 'behind', ...sent(rest) }
        default:
          throw new TypeError(`not an answer to an append: ${word}`)
      }
    },
    async fail(log, epoch, record) {
      await step(FAIL, log, epoch, [JSON.stringify(record)])
    },
    async commit(log, epoch, commit) {
      const { answer, target } = commit
      const withoutText = JSON.stringify({ ...commit, answer: { ...answer, text: '' } })
      const own = [withoutText, Buffer.from(answer.text, 'utf16le'), target]
      const { word, rest } = await step(COMMIT, log, epoch, own)
      if (word === 'superseded') return null
      return word === 'before' ? commitIn(rest) : commit
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
      return { lost: false, delivered: pageIn(rest, after) }
    },
    async remove(log) {
      const keys = keysOf(log)
      await connection.execute(keys[0] ?? '', ['DEL', ...keys])
    },
    watch: (log, notify) => subscriber.listen(keysOf(log)[0] ?? '', notify),
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
const sent = ([reasoned, text]: readonly Buffer[]) => ({
  text: text?.toString('utf16le') ?? '',
  reasoned: reasoned?.length !== 0,
})

/** We wrote it: nothing else has these keys. */
function commitIn([json, text]: readonly Buffer[]): Commit {
  const commit: Commit = JSON.parse(String(json))
  return { ...commit, answer: { ...commit.answer, text: text?.toString('utf16le') ?? '' } }
}

/** The reply of PAGE. */
function pageIn(reply: readonly Buffer[], after: number): Delivered[] {
  const [first, end, textFrom, textBytes, json, past, count, ...more] = reply
  const text = textBytes?.toString('utf16le') ?? ''
  const commit = json?.length && textBytes ? commitIn([json, textBytes]) : null
  const targets = more.slice(0, Number(count)).map(String)
  const reading = { targets, text, textFrom: Number(textFrom), end: Number(end), commit }
  const lines = more.slice(targets.length).map(String)
  const old = String(past)
    .split('\n')
    .map((line) => ({ position: Number.parseInt(line, 10), line: line.slice(line.indexOf(' ') + 1) }))
    .filter(({ position }) => position > after)
  const oldEvents = eventsOf(
    old.map(({ line }) => line),
    reading,
  )
  return [
    ...oldEvents.map((event, index) => ({ position: old[index]?.position ?? 0, event })),
    ...eventsOf(lines, reading).map((event, index) => ({ position: Number(first) + index, event })),
  ]
}
