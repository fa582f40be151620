/**
 * `/v1/circuits`: what `holdfast circuits` does, over HTTP and in the same words.
 *
 * GATEWAY-CIRCUITS-1 Whoever may send requests may read them; to change one takes a key to operate with, or a gateway on loopback
 *    that has no keys. Each change is in the log with the key's name.
 * GATEWAY-CIRCUITS-2 A change is a PUT with a JSON body: no page of another origin can send one, `--cors-origin` or not.
 */
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { z } from 'zod'
import { listCircuits } from '../client/circuits'
import { forceCircuit } from '../client/force-circuit'
import { FORCE_WORDS, type ForceWord } from '../contract/circuits'
import { checked } from '../request'
import type { GatewayDeps } from './deps'
import { mayNotOperate } from './problems'

export const circuitBody = z.strictObject({
  to: z
    .enum(Object.keys(FORCE_WORDS) as [ForceWord, ...ForceWord[]])
    .describe('`open`: no call. `close`: calls go through, however they fail. `auto`: back to automatic'),
})

export function registerCircuits(app: FastifyInstance, deps: GatewayDeps, logger: Logger): void {
  const { cluster, config } = deps
  const { taskQueue } = cluster

  app.get('/v1/circuits', async () => {
    const { client } = await cluster.open()
    const at = Date.now()
    return { at, taskQueue, providers: await listCircuits(client, config, taskQueue, at) }
  })

  // Targets have slashes in their names.
  app.put<{ Params: { '*': string } }>('/v1/circuits/*', async ({ params, body, requestContext }) => {
    if (!requestContext.operates) throw mayNotOperate()
    const target = params['*']
    const { to } = checked(circuitBody, body)
    const temporalClient = await cluster.open()
    const forced = await forceCircuit(temporalClient.client, {
      config,
      taskQueue,
      searchAttributes: temporalClient.searchAttributes,
      target,
      to: FORCE_WORDS[to],
    })
    const { operator } = requestContext
    logger.warn(
      { event: 'circuit_forced', target, to, ...(operator === null ? {} : { operator }) },
      'an operator changed a circuit',
    )
    return forced
  })
}
