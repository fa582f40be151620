/**
 * A generation's events as the AI SDK's stream parts.
 *
 * STREAM-1 `finish` comes only after the whole answer; whatever else ends it is an `error` part, the last
 *    one.
 * STREAM-2 A text that turns out to be void is an error: the AI SDK has no word for taking it back.
 */
import type { SharedV3Warning } from '@ai-sdk/provider'
import type { Generation, GenerationEvent } from '../client'
import {
  finishReasonOf,
  metadataOf,
  responseOf,
  type StreamPart,
  sealedOf,
  toolCallOf,
  usageOf,
} from './answer'

type Block = 'text' | 'reasoning'

export async function* partsOf(
  events: AsyncIterable<GenerationEvent<Generation>>,
  warnings: SharedV3Warning[],
  toError: (error: unknown) => unknown,
): AsyncGenerator<StreamPart> {
  yield { type: 'stream-start', warnings }
  let open: { block: Block; id: string } | null = null
  let blocks = 0

  function* to(block: Block | null): Generator<StreamPart> {
    if (open?.block === block) return
    if (open !== null) yield { type: `${open.block}-end`, id: open.id }
    open = block === null ? null : { block, id: String(blocks++) }
    if (open !== null) yield { type: `${open.block}-start`, id: open.id }
  }

  try {
    for await (const event of events) {
      if (event.type === 'text' || event.type === 'reasoning') {
        yield* to(event.type)
        yield { type: `${event.type}-delta`, id: String(blocks - 1), delta: event.text }
      } else if (event.type === 'toolCall') {
        yield* to(null)
        const call = toolCallOf(event.toolCall)
        const { toolCallId: id, toolName, input } = call
        yield { type: 'tool-input-start', id, toolName }
        yield { type: 'tool-input-delta', id, delta: input }
        yield { type: 'tool-input-end', id }
        yield call
      } else if (event.type === 'done') {
        yield* to(null)
        const sealed = sealedOf(event.result)
        if (sealed !== null) {
          const id = String(blocks++)
          yield { type: 'reasoning-start', id }
          yield { type: 'reasoning-end', id, providerMetadata: sealed }
        }
        yield* ending(event.result)
      }
    }
  } catch (error) {
    yield { type: 'error', error: toError(error) }
  }
}

function* ending(result: Generation): Generator<StreamPart> {
  yield { type: 'response-metadata', ...responseOf(result) }
  yield {
    type: 'finish',
    finishReason: finishReasonOf(result.finishReason),
    usage: usageOf(result.usage),
    providerMetadata: metadataOf(result),
  }
}
