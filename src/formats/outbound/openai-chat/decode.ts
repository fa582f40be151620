import type { Outcome } from '../../../domain/failures/outcome'
import type { Answer } from '../../../domain/streaming/answer'
import { decodeBody } from '../body'
import { createDecoder, type EventReader } from '../sse'
import type { StreamDecoder } from '../wire-format'

/**
 * Both decoders of a format in which a whole body looks like one chunk of a stream.
 * A finish reason that a whole body leaves out is `other`.
 */
export const createDecoders = (createReader: () => EventReader) => ({
  decode: (body: string, mayBeEmpty?: boolean): Outcome<Answer> =>
    decodeBody(
      body,
      createReader,
      (value) => {
        const reader = createReader()
        const step = reader.read(value)
        if (!Array.isArray(step)) return step
        if (!step.some((event) => event.type === 'start'))
          return { class: 'bad_response', message: 'no choices' }
        return step.some((event) => event.type === 'finish') ? step : [...step, reader.lastWord()]
      },
      mayBeEmpty,
    ),
  createStreamDecoder: (): StreamDecoder => createDecoder(createReader()),
})
