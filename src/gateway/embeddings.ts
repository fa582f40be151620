/** `POST /v1/embeddings`: vectors, answered whole. */
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { embeddingsBody, parseEmbeddingsRequest } from '../formats/inbound'
import { orAborted } from '../util/async'
import type { GatewayDeps } from './deps'
import { embeddingsGoOn } from './problems'
import { idempotencyKey } from './request-headers'
import { named } from './request-id'
import { answerHeaders } from './response-headers'

export const EMBEDDINGS_PATH = '/v1/embeddings'

export function registerEmbeddings(app: FastifyInstance, deps: GatewayDeps): void {
  const { clientOf } = deps
  app.post(EMBEDDINGS_PATH, async ({ body, headers, requestContext }, reply) => {
    const { request, format } = parseEmbeddingsRequest(body)
    const { signal, cut } = requestContext
    const holdfast = await clientOf(requestContext)
    const key = idempotencyKey(headers)
    const asked = { ...named(request, requestContext), signal, idempotencyKey: key }
    // REQUEST-CONTEXT-2
    const parts = await orAborted(holdfast.embedParts(asked), cut, embeddingsGoOn)
    const [first] = parts.generations
    if (first !== undefined) reply.headers(answerHeaders(first))
    requestContext.generationId = first?.id ?? null
    const vectors = Readable.from(embeddingsBody(parts, format))
    return reply.type('application/json; charset=utf-8').send(vectors)
  })
}
