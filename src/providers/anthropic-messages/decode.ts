import type { Answer, StreamEvent } from '../../domain/answer'
import type { Outcome } from '../../domain/outcome'
import { decodeBody } from '../body'
import { createDecoder } from '../sse'
import type { StreamDecoder } from '../wire-format'
import { finishReasonOf } from './finish-reason'
import { blockEvents, createReader } from './reader'
import { messageSchema } from './schema'
import { usageOf } from './usage'

export const decode = (body: string): Outcome<Answer> =>
  decodeBody(body, (value) => {
    const parsed = messageSchema.safeParse(value)
    if (!parsed.success) return null
    const { id, model, content, stop_reason, usage } = parsed.data
    const events: StreamEvent[] = [{ type: 'start', model: model || null, responseId: id || null }]
    let toolCalls = 0
    for (const block of content) {
      events.push(...blockEvents(block, toolCalls))
      if (block.type === 'tool_use') toolCalls += 1
    }
    if (usage) events.push({ type: 'usage', usage: usageOf(usage) })
    events.push({ type: 'finish', finishReason: finishReasonOf(stop_reason || null) })
    return events
  })

export const createStreamDecoder = (): StreamDecoder => createDecoder(createReader())
