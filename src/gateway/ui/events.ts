/**
 * `GET /ui/events`: what the page shows, as server-sent events: `viewer` once, then `state` with the parts that have changed.
 *
 * UI-EVENTS-1 The key is a header, and stands in no URL.
 * UI-EVENTS-2 A drain ends them at once: nobody's answer depends on them.
 * UI-EVENTS-3 So does the end of their key: they have none of their own.
 */
import type { FastifyInstance } from 'fastify'
import type { Route } from '../../domain/routing/route'
import { SSE_COMMENT } from '../../formats/inbound'
import type { GatewayDeps } from '../deps'
import { openEventStream } from '../event-stream'
import type { ApiKeys } from '../keys'
import { draining, tooManyViewers } from '../problems'
import type { RequestContext } from '../request-context'
import { UI_EVENTS } from './paths'
import { createViews, viewOf } from './views'
import type { Watch } from './watch'

const PAUSE_MS = 2_000
/** The answer's headers go out at once: the page is to know that it is connected. */
const HOLD_MS = 0

export function registerUiEvents(app: FastifyInstance, deps: GatewayDeps, keys: ApiKeys): void {
  const { contexts, limits, config } = deps
  const watchOf = createViews(deps, PAUSE_MS)
  const routes = JSON.stringify({ routes: Object.values(config.routes).map(routeFacts) })
  let viewers = 0

  app.get(UI_EVENTS, async ({ requestContext, headers }, reply) => {
    if (contexts.draining()) throw draining()
    if (viewers >= limits.viewers) throw tooManyViewers(limits.viewers)
    viewers += 1
    reply.raw.once('close', () => {
      viewers -= 1
    })
    const stream = openEventStream(reply, { ...limits, holdMs: HOLD_MS }, SSE_COMMENT, () => ({}))
    await stream.write(`event: viewer\ndata: ${JSON.stringify(viewerFacts(requestContext, keys))}\n\n`)
    await stream.write(stateEvent(routes))
    const over = AbortSignal.any([requestContext.signal, requestContext.cut, contexts.drains])
    const mayStill = () => requestContext.grant === null || keys.find(headers).type === 'good'
    await follow(watchOf(viewOf(requestContext)), over, async (text) => {
      // UI-EVENTS-3
      if (!mayStill()) return false
      await stream.write(stateEvent(text))
      return true
    })
    stream.end('')
    return reply
  })
}

const stateEvent = (json: string): string => `event: state\ndata: ${json}\n\n`

/** Resolves when it is over, or `write` says that nothing more is to come. */
async function follow(
  watch: Watch,
  over: AbortSignal,
  write: (json: string) => Promise<boolean>,
): Promise<void> {
  const news = new Set(watch.parts.keys())
  let wake = (): void => undefined
  const leave = watch.subscribe((names) => {
    for (const name of names) news.add(name)
    wake()
  })
  over.addEventListener('abort', () => wake(), { once: true })
  while (!over.aborted) {
    const text = [...news].map((name) => `${JSON.stringify(name)}:${watch.parts.get(name)}`).join(',')
    news.clear()
    if (text !== '') {
      if (!(await write(`{${text}}`))) break
    } else
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }
  leave()
}

const viewerFacts = ({ operates, operator, tenant }: RequestContext, keys: ApiKeys) => ({
  /** The gateway's clock: the viewer's may be off. */
  now: Date.now(),
  operates,
  operator,
  tenant,
  keyed: keys.required,
  operateKeys: keys.hasOperators(),
})

const routeFacts = ({ name, kind, candidates, strategy, passes, deadlineMs }: Route) => ({
  name,
  kind: kind ?? null,
  strategy,
  passes,
  deadlineMs,
  candidates: candidates.map(({ target }) => target),
})
