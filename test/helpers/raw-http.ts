/** HTTP by hand: what no client would send, and what came back as it came. */
import { once } from 'node:events'
import * as net from 'node:net'

export interface RawAnswer {
  status: number
  /** Lower-case names; of repeated ones the last. */
  headers: { [name: string]: string }
  /** Without its chunks' sizes; UTF-8. */
  body: string
  /** Whatever came. */
  text: string
}

const PATIENCE_MS = 10_000

/** Sends these bytes and no more, and reads until the other side closes. Throws where it does not: it hangs. */
export async function sendRaw(url: string, bytes: string | Uint8Array): Promise<RawAnswer> {
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1')
  const parts: Buffer[] = []
  socket.on('data', (data) => parts.push(data))
  // A refusal comes while the rest is still being sent.
  socket.on('error', () => undefined)
  socket.setTimeout(PATIENCE_MS, () => socket.destroy())
  socket.end(bytes)
  const began = Date.now()
  await once(socket, 'close')
  if (Date.now() - began >= PATIENCE_MS) throw new Error('The connection was not closed')
  return parsed(Buffer.concat(parts).toString('latin1'))
}

function parsed(text: string): RawAnswer {
  // What comes before an answer.
  if (/^HTTP\/1\.1 100 /.test(text)) return parsed(text.slice(text.indexOf('\r\n\r\n') + 4))
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':')
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()]
    }),
  )
  const rest = end < 0 ? '' : text.slice(end + 4)
  const bytes = headers['transfer-encoding'] === 'chunked' ? unchunked(rest) : rest
  const body = Buffer.from(bytes, 'latin1').toString('utf8')
  return { status: Number(first.split(' ')[1] ?? 0), headers, body, text }
}

function unchunked(text: string): string {
  const parts: string[] = []
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, end), 16)
    if (!(size > 0)) break
    parts.push(text.slice(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
  return parts.join('')
}
