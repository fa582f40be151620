/**
 * A file's lines as a stream, however large it is. By bytes: Node's own line readers also break at U+2028, which JSON
 * text may hold.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** A request has at most 1.9 MiB; written with every character escaped it has six times as many. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024

const NEWLINE = 0x0a

export interface Line {
  /** From 1, blank ones counted. */
  number: number
  /** Without its newline; null: longer than MAX_LINE_BYTES. */
  bytes: Buffer | null
  /** Where the next one begins, in bytes. */
  endsAt: number
  /** Did a newline end it? */
  closed: boolean
}

/** Rejects with what the file system says. */
export async function* readLines(
  file: string,
  onChunk: (chunk: Buffer) => void = () => undefined,
): AsyncGenerator<Line> {
  let pieces: Buffer[] = []
  let length = 0
  let number = 0
  let endsAt = 0
  const take = (closed: boolean): Line => {
    number += 1
    endsAt += length + (closed ? 1 : 0)
    const line = { number, bytes: length > MAX_LINE_BYTES ? null : Buffer.concat(pieces), endsAt, closed }
    pieces = []
    length = 0
    return line
  }
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    onChunk(chunk)
    let from = 0
    for (;;) {
      const at = chunk.indexOf(NEWLINE, from)
      const piece = chunk.subarray(from, at < 0 ? chunk.length : at)
      length += piece.length
      if (length <= MAX_LINE_BYTES) pieces.push(piece)
      else pieces = []
      if (at < 0) break
      yield take(true)
      from = at + 1
    }
  }
  if (length > 0) yield take(false)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The text without a byte order mark; null: it is not UTF-8. */
export function textOf(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** Space, tab, carriage return, and the three bytes of a byte order mark. */
const BLANK: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d, 0xef, 0xbb, 0xbf])

export const isBlank = ({ bytes }: Line): boolean => bytes?.every((byte) => BLANK.has(byte)) ?? false

export interface Scan {
  /** SHA-256 of all bytes, in hex. */
  hash: string
  /** That are not blank. */
  lines: number
}

/** Rejects with what the file system says. */
export async function scan(file: string): Promise<Scan> {
  const hash = createHash('sha256')
  let lines = 0
  for await (const line of readLines(file, (chunk) => hash.update(chunk))) if (!isBlank(line)) lines += 1
  return { hash: hash.digest('hex'), lines }
}
