/** One call to the simulator with nothing around it: what "direct" and the floor's activity do. */
import type { HttpClient, SendLimits } from '../src/http'

const SECOND_MS = 1_000

/** Holdfast's own defaults, so that the same guards stand. */
const LIMITS: SendLimits = {
  connectMs: 5 * SECOND_MS,
  attemptMs: 120 * SECOND_MS,
  firstTokenMs: 30 * SECOND_MS,
  idleMs: 20 * SECOND_MS,
  maxBytes: 16 * 1024 * 1024,
}

/** Returns the answer's text. Throws on anything else. */
export async function callChat(http: HttpClient, url: string, request: unknown): Promise<string> {
  const sent = await http.send({ method: 'POST', url, headers: {}, body: JSON.stringify(request) }, LIMITS)
  if (!sent.ok) throw new Error(`The simulator could not be reached: ${sent.error.kind}`)
  const { status, body } = sent.response
  const text: unknown = JSON.parse(body).choices?.[0]?.message?.content
  if (status !== 200 || typeof text !== 'string') throw new Error(`The simulator answered ${status}`)
  return text
}
