/** Faults of the connection and of the body: one table, a line for each. */
import { eventBytes } from './formats/format'
import { headersOf, JSON_TYPE, type PlayContext, streamTypeOf } from './play-context'
import type { Step } from './script'
import { BODY_FAULTS, type BodyFault, CONNECTION_FAULTS, type ConnectionFault } from './step-faults'

export type SocketFault = ConnectionFault | BodyFault

const SOCKET_FAULTS: readonly string[] = [...CONNECTION_FAULTS, ...BODY_FAULTS]
const DEFAULT_HUGE_BYTES = 32 * 1024 * 1024
const HUGE_PIECE = 'huge '.repeat(13_107)

export const isSocketFault = (fault: Step['fault']): fault is SocketFault =>
  fault !== undefined && SOCKET_FAULTS.includes(fault)

const HTML =
  '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n<body><center><h1>502 Bad Gateway</h1></center></body></html>\n'

const typeOf = (context: PlayContext) => (context.stream ? streamTypeOf(context) : JSON_TYPE)

const head = (context: PlayContext, contentType = typeOf(context)) => {
  context.wire.head(200, headersOf(context, contentType))
  context.wire.flushHead()
}

/** The body as it would have been, whole. */
function wholeBody({ stream, format, reply }: PlayContext): Buffer {
  const body = stream
    ? eventBytes(format, ...format.frames(reply()).map((frame) => frame.sse))
    : JSON.stringify(format.whole(reply()))
  return Buffer.from(body as string)
}

/** The first half, at least one and not all of it. */
const firstHalf = <T extends string | Buffer>(body: T): T =>
  body.slice(0, Math.max(1, Math.floor(body.length / 2))) as T

function odd(context: PlayContext, kind: 'empty_choices' | 'null_content' | 'wrong_shape'): void {
  const { stream, format, reply, wire } = context
  head(context)
  const body = stream
    ? eventBytes(format, ...format.oddFrames(kind, reply()).map((frame) => frame.sse))
    : JSON.stringify(format.oddWhole(kind, reply()))
  wire.end('faulted', body)
}

async function huge(context: PlayContext): Promise<void> {
  const { wire, format, stream, reply, step } = context
  const marked = { ...reply(), text: HUGE_PIECE, toolCalls: [] }
  const frames = stream ? format.frames({ ...marked, text: HUGE_PIECE.replaceAll(' ', '_') }) : []
  const wordAt = frames.findIndex((frame) => frame.kind === 'word')
  const join = (some: typeof frames) => eventBytes(format, ...some.map((frame) => frame.sse))
  const whole = stream ? '' : JSON.stringify(format.whole(marked))
  const [before = '', after = ''] = stream
    ? [join(frames.slice(0, wordAt)), join(frames.slice(wordAt + 1))]
    : whole.split(HUGE_PIECE)
  const piece = stream ? eventBytes(format, frames[wordAt]?.sse ?? '') : HUGE_PIECE
  head(context)
  await wire.write(before)
  for (let sent = 0; sent <= (step.bytes ?? DEFAULT_HUGE_BYTES) && !wire.gone(); sent += piece.length) {
    await wire.write(piece)
  }
  wire.end('faulted', after)
}

async function cutBody(context: PlayContext): Promise<void> {
  const { wire, stream } = context
  const body = wholeBody(context)
  const length: { [name: string]: number } = stream ? {} : { 'content-length': body.length }
  wire.head(200, { ...headersOf(context, typeOf(context)), ...length })
  await wire.write(firstHalf(body))
  await wire.cutOff()
}

const PLAY: Record<SocketFault, (context: PlayContext) => Promise<void> | void> = {
  refuse: ({ wire }) => wire.reset(),
  reset: ({ wire }) => wire.reset(),
  async reset_after_headers(context) {
    head(context)
    await context.wire.reset()
  },
  silent: ({ wire }) => wire.forever(),
  async hang_after_headers(context) {
    head(context)
    await context.wire.forever()
  },
  html(context) {
    head(context, 'text/html')
    context.wire.end('faulted', HTML)
  },
  cut_json(context) {
    head(context)
    const { stream, format, reply } = context
    const json = firstHalf(JSON.stringify(format.whole(reply())))
    context.wire.end('faulted', stream ? eventBytes(format, `data: ${json}\n\n`) : json)
  },
  empty_body(context) {
    head(context)
    context.wire.end('faulted')
  },
  empty_choices: (context) => odd(context, 'empty_choices'),
  null_content: (context) => odd(context, 'null_content'),
  wrong_shape: (context) => odd(context, 'wrong_shape'),
  cut_body: cutBody,
  huge,
}

export const playFault = async (context: PlayContext, fault: SocketFault): Promise<void> =>
  PLAY[fault](context)
