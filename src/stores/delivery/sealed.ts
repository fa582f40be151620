/**
 * How a log's words stand in Redis: as they are, or sealed by the encryption keys. The names of the log's keys say which,
 * so no log is of both kinds; to a process of the other kind it is not there, and the workflow's result serves.
 *
 * SEALED-LOG-1 Sealed is all that anybody has said: text, reasoning, sealed thoughts, records of failed calls, the answer.
 *    Readable are positions, lengths, times, and names of targets.
 * SEALED-LOG-2 What is sealed is bound to its log and to its kind.
 * SEALED-LOG-3 What can't be opened makes a log a lost one (LogLost): no reader gets a part of it. An empty text is sealed too, so
 *    that what was cut to nothing is not taken for one.
 */
import type { ValueCrypto } from '../../encryption'
import { LINE } from './pieces'
import { LogLost } from './store'

export interface LogWords {
  /** Of a log's keys in Redis. */
  prefix: string
  /** As the rest of a line. @param kind as of `restOf`; `commit` */
  rest(log: string, kind: string, text: string): string
  /** Throws LogLost. */
  textOf(log: string, kind: string, rest: string): string
  /** As bytes of their own: the answer's text. */
  bytes(log: string, text: string): Buffer
  /** Throws LogLost. */
  textOfBytes(log: string, bytes: Buffer): string
  sealed: boolean
}

export const SEALED_PREFIX = 'holdfast:sealed-delivery'

export const PLAIN_WORDS: LogWords = {
  prefix: 'holdfast:delivery',
  rest: (_log, _kind, text) => text,
  textOf: (_log, _kind, rest) => rest,
  bytes: (_log, text) => Buffer.from(text, 'utf16le'),
  textOfBytes: (_log, bytes) => bytes.toString('utf16le'),
  sealed: false,
}

/** @param onUnknownKey called once for each key that is not there */
export function sealedWords(crypto: ValueCrypto, onUnknownKey: (keyId: string) => void): LogWords {
  const unknown = new Set<string>()
  const placeOf = (log: string, kind: string): string => `delivery ${log} ${kind}`
  const sealed = (log: string, kind: string, text: string): Buffer =>
    // As UTF-16: a piece may end within a character.
    crypto.seal(Buffer.from(text, 'utf16le'), placeOf(log, kind))
  const opened = (log: string, kind: string, bytes: Buffer): string => {
    const found = crypto.open(bytes, placeOf(log, kind))
    if (found.state === 'open') return found.text.toString('utf16le')
    if (found.state === 'unknown_key' && !unknown.has(found.id)) {
      unknown.add(found.id)
      onUnknownKey(found.id)
    }
    // SEALED-LOG-3
    throw new LogLost()
  }
  return {
    prefix: SEALED_PREFIX,
    rest: (log, kind, text) => sealed(log, kind, text).toString('base64'),
    textOf: (log, kind, rest) => opened(log, kind, Buffer.from(rest, 'base64')),
    bytes: (log, text) => sealed(log, ANSWER, text),
    textOfBytes: (log, bytes) => opened(log, ANSWER, bytes),
    sealed: true,
  }
}

const ANSWER = 'answer'

/** Lines that say nothing of anybody's: restarts, commits, and what Lua writes itself. */
const WORDLESS_KINDS = new Set(['s', 'c', 'v'])

/** Lines as `eventsOf` reads them, and the pieces of text that stood in them, together. Throws LogLost. */
export function plainLines(
  words: LogWords,
  log: string,
  lines: readonly string[],
): { lines: string[]; text: string } {
  const texts: string[] = []
  const plain = lines.map((line) => {
    const [head = '', kind = ''] = LINE.exec(line) ?? []
    const rest = line.slice(head.length)
    if (WORDLESS_KINDS.has(kind)) return line
    const opened = words.textOf(log, kind, rest)
    if (kind !== 't') return `${head}${opened}`
    texts.push(opened)
    return head.trimEnd()
  })
  return { lines: plain, text: texts.join('') }
}
