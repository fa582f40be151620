/**
 * A streamed answer, frame by frame. `after: n` in a script means: when n words have been sent; a fault
 * that wants more words than there are strikes before the finish reason.
 */
import { createTransport, type Transport } from './cosmetics'
import { namedError, type SimulatedError } from './errors'
import { eventBytes, type Frame } from './formats/format'
import { sampleMs } from './latency'
import { headersOf, type PlayContext, streamTypeOf } from './play-context'

type Verdict = 'go_on' | 'over'

function streamError({ step, format, model }: PlayContext): SimulatedError {
  const error = namedError(format.dialect, 'overloaded', model)
  const { type, code, message } = step.errorEvent ?? {}
  return { ...error, type: type ?? error.type, code: code ?? error.code, message: message ?? error.message }
}

async function cut({ step, wire }: PlayContext): Promise<Verdict> {
  if (step.cut?.how === 'reset') await wire.reset()
  // Announces 500 bytes (hex 1f4) and sends fewer.
  else if (step.cut?.how === 'truncated_chunk') await wire.cutOff('1f4\r\ndata: {"cut')
  else wire.end('faulted')
  return 'over'
}

interface Strike {
  after: number
  strike(): Promise<Verdict>
}

type Send = (sse: string) => Promise<void>

/** Writes events, with their numbers where the format has them. */
function createSend({ format }: PlayContext, transport: Transport): Send {
  let number = 0
  return async (sse) => {
    await transport.write(eventBytes(format, format.numbered?.(sse, number) ?? sse))
    number += 1
  }
}

/** The faults that the step has for the middle of the stream, in the order in which they are tried. */
function strikesOf(context: PlayContext, transport: Transport, send: Send): Strike[] {
  const { step, wire, format, requestId } = context
  const strikes: Strike[] = []
  if (step.malformed) {
    const strike = async (): Promise<Verdict> => {
      await send(format.malformedFrame)
      return 'go_on'
    }
    strikes.push({ after: step.malformed.after, strike })
  }
  if (step.errorEvent) {
    const strike = async (): Promise<Verdict> => {
      await send(format.errorFrame(streamError(context), requestId))
      await transport.end('faulted')
      return 'over'
    }
    strikes.push({ after: step.errorEvent.after, strike })
  }
  if (step.stall) {
    const strike = async (): Promise<Verdict> => {
      await wire.forever()
      return 'over'
    }
    strikes.push({ after: step.stall.after, strike })
  }
  if (step.cut) strikes.push({ after: step.cut.after, strike: () => cut(context) })
  return strikes
}

const isDue = (strike: Strike, frame: Frame, sentWords: number): boolean =>
  frame.kind === 'tail' || (frame.kind === 'word' && sentWords >= strike.after)

export async function playStream(context: PlayContext): Promise<void> {
  const { step, format, wire, random } = context
  const reply = context.reply()
  const transport = createTransport(wire, step.cosmetics)
  const send = createSend(context, transport)
  // Only text has comments.
  const comment = step.cosmetics?.includes('comments') && !format.binary ? ': keep-alive\n\n' : ''
  const ping = step.cosmetics?.includes('pings') ? format.pingFrame(reply) : ''
  const wordLatency = step.tokenLatency ?? step.drip
  let strikes = strikesOf(context, transport, send)
  let sentWords = 0

  const frames = format.frames(reply)
  const words = frames.filter(({ kind }) => kind === 'word').length

  wire.head(200, {
    'cache-control': 'no-cache',
    ...headersOf(context, streamTypeOf(context)),
    ...transport.headers,
  })
  wire.flushHead()
  try {
    for (const frame of frames) {
      for (const strike of strikes) {
        if (!isDue(strike, frame, sentWords)) continue
        if ((await strike.strike()) === 'over') return
        strikes = strikes.filter((other) => other !== strike)
      }
      if (frame.kind === 'end' && step.noDone) continue
      if (frame.kind === 'word') {
        if (wordLatency !== undefined) await wire.sleep(sampleMs(wordLatency, random))
        sentWords += 1
      }
      if (wire.gone()) return
      if (frame.kind === 'word' && ping !== '') await send(comment + ping)
      await send(frame.kind === 'word' && ping === '' ? comment + frame.sse : frame.sse)
    }
    if (step.noDone === 'open') return wire.forever()
    await transport.end('answered')
  } finally {
    context.charge(words === 0 ? 1 : sentWords / words)
  }
}
