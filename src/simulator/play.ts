/** Plays one step on one call: wait, then a fault, an error, or an answer. */
import { shareOfFault } from './bill'
import { createTransport } from './cosmetics'
import { sampleMs } from './latency'
import { headersOf, JSON_TYPE, type PlayContext } from './play-context'
import { isErrorStep, playError } from './play-error'
import { isSocketFault, playFault } from './play-fault'
import { playStream } from './play-stream'
import { jsonPieces, pieces } from './text'

/** How many words the answer would have had as a stream. */
function wordsOf({ reply }: PlayContext): number {
  const { text, toolCalls } = reply()
  return toolCalls.reduce((sum, call) => sum + jsonPieces(call.arguments).length, pieces(text).length)
}

/** The sum of all words' times: an answer that isn't streamed comes when the model is done. */
async function writeWords(context: PlayContext): Promise<void> {
  const { step, random, wire } = context
  const wordLatency = step.tokenLatency ?? step.drip
  if (wordLatency === undefined) return
  let totalMs = 0
  for (let words = wordsOf(context); words > 0; words--) totalMs += sampleMs(wordLatency, random)
  await wire.sleep(totalMs)
}

/** `cut` and `stall` of an answer that isn't streamed: a part of the body, then the end or nothing. */
async function playPart(context: PlayContext, body: string): Promise<void> {
  const { step, wire } = context
  const after = step.cut?.after ?? step.stall?.after ?? 0
  const share = Math.min(1, after / Math.max(1, wordsOf(context)))
  const part = body.slice(0, Math.min(body.length - 1, Math.max(1, Math.floor(body.length * share))))
  wire.head(200, { ...headersOf(context, JSON_TYPE), 'content-length': Buffer.byteLength(body) })
  await wire.write(part)
  if (step.stall) return wire.forever()
  if (step.cut?.how === 'reset') return wire.reset()
  await wire.cutOff()
}

async function playWhole(context: PlayContext): Promise<void> {
  const { step, format, wire } = context
  await writeWords(context)
  if (wire.gone()) return
  context.charge(1)
  const body = JSON.stringify(format.whole(context.reply()))
  if (step.cut || step.stall) return playPart(context, body)
  if (step.cosmetics) {
    const transport = createTransport(
      wire,
      step.cosmetics.filter((cosmetic) => cosmetic !== 'crlf'),
    )
    wire.head(200, { ...headersOf(context, JSON_TYPE), ...transport.headers })
    await transport.write(body)
    return transport.end('answered')
  }
  wire.head(200, { ...headersOf(context, JSON_TYPE), 'content-length': Buffer.byteLength(body) })
  wire.end('answered', body)
}

/** SIMULATED-BILL-1 */
function chargePrompt({ step, charge }: PlayContext): void {
  const share = isSocketFault(step.fault) ? shareOfFault(step.fault) : isErrorStep(step) ? null : 0
  if (share !== null) charge(share)
}

export async function play(context: PlayContext): Promise<void> {
  const { step, wire, random } = context
  chargePrompt(context)
  if (step.latency !== undefined) await wire.sleep(sampleMs(step.latency, random))
  if (wire.gone()) return
  if (isSocketFault(step.fault)) return playFault(context, step.fault)
  if (isErrorStep(step)) return playError(context)
  return context.stream ? playStream(context) : playWhole(context)
}
