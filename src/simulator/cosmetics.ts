/** The same body in an ugly transport: gzip, bytes cut anywhere, CRLF, comments. What a good client never notices. */
import { constants, createGzip, type Gzip } from 'node:zlib'
import type { Cosmetic } from './script'
import type { Wire } from './wire'

/** Sizes that divide neither events nor characters. */
const ODD_SIZES = [1, 7, 2, 13, 3, 29, 5]

function oddChunks(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = []
  for (let from = 0, turn = 0; from < bytes.length; turn++) {
    const size = ODD_SIZES[turn % ODD_SIZES.length] ?? 1
    chunks.push(bytes.subarray(from, from + size))
    from += size
  }
  return chunks
}

/** Cuts after the first byte of every character of more than one byte. */
function splitUtf8(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = []
  let from = 0
  for (let index = 0; index < bytes.length; index++) {
    if ((bytes[index] ?? 0) < 0xc0) continue
    chunks.push(bytes.subarray(from, index + 1))
    from = index + 1
  }
  if (from < bytes.length) chunks.push(bytes.subarray(from))
  return chunks
}

function gzipPiece(gzip: Gzip, text: string | Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const collected: Buffer[] = []
    const collect = (chunk: Buffer) => collected.push(chunk)
    gzip.on('data', collect)
    gzip.write(text)
    gzip.flush(constants.Z_SYNC_FLUSH, () => {
      gzip.off('data', collect)
      resolve(Buffer.concat(collected))
    })
  })
}

function gzipEnd(gzip: Gzip): Promise<Buffer> {
  return new Promise((resolve) => {
    const collected: Buffer[] = []
    gzip.on('data', (chunk: Buffer) => collected.push(chunk))
    gzip.on('end', () => resolve(Buffer.concat(collected)))
    gzip.end()
  })
}

export interface Transport {
  headers: { [name: string]: string }
  write(text: string | Buffer): Promise<void>
  end(outcome: 'answered' | 'faulted'): Promise<void>
}

/** Writes text, or binary events, to the wire as the cosmetics say; without any, as it is. */
export function createTransport(wire: Wire, cosmetics: readonly Cosmetic[] = []): Transport {
  const has = (cosmetic: Cosmetic) => cosmetics.includes(cosmetic)
  const gzip = has('gzip') ? createGzip() : null
  const isSplit = has('odd_chunks') || has('split_utf8')

  const send = async (bytes: Buffer) => {
    const chunks = has('split_utf8') ? splitUtf8(bytes) : [bytes]
    for (const chunk of chunks) {
      for (const part of has('odd_chunks') ? oddChunks(chunk) : [chunk]) await wire.write(part)
    }
  }

  return {
    headers: gzip ? { 'content-encoding': 'gzip' } : {},
    async write(text) {
      const lines = has('crlf') && typeof text === 'string' ? text.replaceAll('\n', '\r\n') : text
      if (gzip) return send(await gzipPiece(gzip, lines))
      return isSplit ? send(Buffer.from(lines)) : wire.write(lines)
    },
    async end(outcome) {
      if (gzip) await send(await gzipEnd(gzip))
      wire.end(outcome)
    },
  }
}
