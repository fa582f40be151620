/** A response's body, decompressed: its chunks within a bound, or the whole of it. */
import type { TransportError } from '../domain/failures/transport'
import type { Head, HttpCall } from './http-call'
import { LARGE_BYTES, type LargeBodies } from './large-bodies'
import type { SendResult } from './types'

/**
 * The chunks of a body; ends early, without throwing, when the body breaks or passes `maxBytes`
 * (decompressed): `call.failure()` then says why. Leaving the loop keeps the body open.
 */
export async function* chunksOf(call: HttpCall, head: Head, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0
  try {
    for await (const chunk of head.body.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length
      if (bytes > maxBytes) {
        call.stop({ kind: 'too_large', limitBytes: maxBytes })
        return
      }
      yield chunk
    }
  } catch (error) {
    // Where the call knows the reason already, its first one stands.
    call.stop(brokenBody(error))
  }
}

const brokenBody = (error: unknown): TransportError => ({
  kind: 'cut',
  message: error instanceof Error ? error.message : String(error),
  tokensFlowing: false,
})

export const NOT_UTF8 = {
  kind: 'cut',
  message: 'the body is not UTF-8 text',
  tokensFlowing: false,
} satisfies TransportError

/**
 * Reads the whole body as UTF-8 text (a byte order mark is dropped). An error's page may have any encoding; of an answer
 * bytes that can't be read may have been words.
 */
export const readWhole = async (
  call: HttpCall,
  head: Head,
  chunks: AsyncIterable<Buffer>,
  enter: (call: HttpCall, head: Head) => ReturnType<LargeBodies['enter']>,
): Promise<SendResult> => {
  const all: Buffer[] = []
  let bytes = 0
  let leave: (() => void) | null = null
  try {
    for await (const chunk of chunks) {
      all.push(chunk)
      bytes += chunk.length
      if (bytes > LARGE_BYTES && leave === null) leave = await enter(call, head)
    }
    return decodedBody(call, head, all)
  } finally {
    leave?.()
  }
}

function decodedBody(call: HttpCall, { status, headers }: Head, all: Buffer[]): SendResult {
  const error = call.failure()
  if (error !== null) return { ok: false, error }
  try {
    const body = new TextDecoder('utf-8', { fatal: isSuccess(status) }).decode(Buffer.concat(all))
    return { ok: true, kind: 'body', response: { status, headers, body } }
  } catch {
    return { ok: false, error: NOT_UTF8 }
  }
}

export const isSuccess = (status: number): boolean => status >= 200 && status < 300

/** Enough to see the first letter after blanks and a byte order mark. */
const PEEK_BYTES = 4_096

/** The first text of a body, and all its chunks, those read for it too. */
export async function peek(
  chunks: AsyncGenerator<Buffer>,
): Promise<{ text: string; chunks: AsyncGenerator<Buffer> }> {
  const first: Buffer[] = []
  let text = ''
  while (text.trim() === '' && text.length < PEEK_BYTES) {
    const next = await chunks.next()
    if (next.done) break
    first.push(next.value)
    text = new TextDecoder().decode(Buffer.concat(first).subarray(0, PEEK_BYTES))
  }
  return { text, chunks: withFirst(first, chunks) }
}

async function* withFirst(first: Buffer[], rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield* first
  yield* rest
}
