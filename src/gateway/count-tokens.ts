/** `POST /v1/messages/count_tokens`: how many tokens a request has, asked of its provider by a worker. */
import type { FastifyInstance } from 'fastify'
import { parseCountRequest } from '../formats/inbound'
import { orAborted } from '../util/async'
import type { GatewayDeps } from './deps'
import { draining } from './problems'
import { named } from './request-id'
import { plain } from './response-headers'

export function registerCountTokens(app: FastifyInstance, { clientOf }: GatewayDeps): void {
  app.post('/v1/messages/count_tokens', async ({ body, headers, requestContext }, reply) => {
    const request = parseCountRequest(body, headers)
    const { signal, cut } = requestContext
    const holdfast = await clientOf(requestContext)
    const counting = holdfast.countTokens({ ...named(request, requestContext), signal })
    const { inputTokens, target } = await orAborted(counting, cut, draining)
    return reply.header('x-holdfast-target', plain(target)).send({ input_tokens: inputTokens })
  })
}
