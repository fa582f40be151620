import type { Outcome } from '../../../domain/failures/outcome'
import type { Answer } from '../../../domain/streaming/answer'
import { decodeBody } from '../body'
import { createDecoder } from '../sse'
import type { StreamDecoder } from '../wire-format'
import { createReader, readMessage } from './reader'

export const decode = (body: string, mayBeEmpty?: boolean): Outcome<Answer> =>
  decodeBody(body, createReader, readMessage, mayBeEmpty)

export const createStreamDecoder = (): StreamDecoder => createDecoder(createReader())
