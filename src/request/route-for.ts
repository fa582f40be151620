/** The route of a request by what it wants: words, vectors, or how many tokens it has. */
import { invalidRequest } from '../contract/errors'
import type { GenerationRequest } from '../domain/request/request'
import type { Route } from '../domain/routing/route'

/** Who counts waits for it before each request: sooner an error than a late count. */
const COUNT_DEADLINE_MS = 10_000

/** Half of it: a second candidate still has time. */
const COUNT_ATTEMPT_MS = 5_000

/**
 * Throws HoldfastError `invalid_request` where the route makes something else.
 * @param named it is a route of the config, and no lone target
 */
export function routeFor({ task }: Pick<GenerationRequest, 'task'>, route: Route, named: boolean): Route {
  if (named && (route.kind === 'embeddings') !== (task?.type === 'embed')) throw otherKind(route)
  if (task?.type === 'embed') return { ...route, shadow: undefined }
  return task?.type === 'count' ? countingRoute(route) : route
}

const otherKind = ({ name, kind }: Route) =>
  invalidRequest(
    kind === 'embeddings'
      ? `route "${name}" makes vectors, and answers no messages`
      : `route "${name}" makes no vectors: name one of kind embeddings, or a target`,
  )

/**
 * One call to each candidate in turn till one counts. What becomes of it says nothing of how requests are answered, so it
 * moves no circuit; and a count is not worth a place in the cache.
 */
const countingRoute = (route: Route): Route => ({
  ...route,
  strategy: { type: 'sequence' },
  passes: 1,
  deadlineMs: Math.min(route.deadlineMs, COUNT_DEADLINE_MS),
  circuit: null,
  cache: null,
  shadow: undefined,
  park: undefined,
  candidates: route.candidates.map((candidate) => {
    const { timeouts, retry } = candidate
    const attemptMs = Math.min(timeouts.attemptMs, COUNT_ATTEMPT_MS)
    return {
      ...candidate,
      retry: { ...retry, maximumAttempts: 1 },
      timeouts: { ...timeouts, attemptMs, connectMs: Math.min(timeouts.connectMs, attemptMs) },
    }
  }),
})
