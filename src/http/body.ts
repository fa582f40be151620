/** A response's body, decompressed: its chunks within a bound, or the whole of it. */
import type { TransportError } from '../domain/transport'
import type { Exchange, Head } from './exchange'
import type { SendResult } from './types'

/**
 * The chunks of a body; ends early, without throwing, when the body breaks or passes `maxBytes`
 * (decompressed): `exchange.failure()` then says why. Leaving the loop keeps the body open.
 */
export async function* chunksOf(exchange: Exchange, head: Head, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0
  try {
    for await (const chunk of head.body.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length
      if (bytes > maxBytes) {
        exchange.stop({ kind: 'too_large', limitBytes: maxBytes })
        return
      }
      yield chunk
    }
  } catch (error) {
    // Where the exchange knows the reason already, its first one stands.
    exchange.stop(brokenBody(error))
  }
}

const brokenBody = (error: unknown): TransportError => ({
  kind: 'cut',
  message: error instanceof Error ? error.message : String(error),
  tokensFlowing: false,
})

/** Reads the whole body as UTF-8 text (a byte order mark is dropped). */
export const readWhole = async (exchange: Exchange, head: Head, maxBytes: number): Promise<SendResult> => {
  const chunks: Buffer[] = []
  for await (const chunk of chunksOf(exchange, head, maxBytes)) chunks.push(chunk)
  const error = exchange.failure()
  if (error !== null) return { ok: false, error }
  const body = new TextDecoder().decode(Buffer.concat(chunks))
  return { ok: true, response: { status: head.status, headers: head.headers, body } }
}
