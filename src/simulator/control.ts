/** Steering from other processes: `GET /_simulator/calls`, `GET /bill`, `PUT /script`, `PUT /limits`, `POST /reset`, `GET /healthz`. */
import { z } from 'zod'
import type { BillLine } from './bill'
import { type RateLimits, rateLimitsSchema } from './rate-limits'
import type { CallFilter, CallOutcome, RecordedCall } from './record'
import { ScriptError } from './script'

export interface Controls {
  calls(filter: CallFilter): RecordedCall[]
  bill(): BillLine[]
  setScript(script: unknown): void
  setRateLimits(limits: { [target: string]: RateLimits | null }): void
  reset(): void
}

export interface ControlAnswer {
  status: number
  body: unknown
}

const failed = (status: number, message: string): ControlAnswer => ({ status, body: { error: { message } } })

function filterOf(query: URLSearchParams): CallFilter {
  const filter: CallFilter = {}
  for (const name of ['provider', 'model', 'target'] as const) {
    const value = query.get(name)
    if (value !== null) filter[name] = value
  }
  const outcome = query.get('outcome')
  if (outcome !== null) filter.outcome = outcome as CallOutcome
  return filter
}

function putScript(controls: Controls, body: string): ControlAnswer {
  try {
    controls.setScript(JSON.parse(body))
    return { status: 200, body: { ok: true } }
  } catch (error) {
    if (error instanceof ScriptError || error instanceof SyntaxError) return failed(400, error.message)
    throw error
  }
}

const limitsBody = z.record(z.string(), rateLimitsSchema.nullable())

function putLimits(controls: Controls, body: string): ControlAnswer {
  try {
    controls.setRateLimits(limitsBody.parse(JSON.parse(body)))
    return { status: 200, body: { ok: true } }
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError) return failed(400, error.message)
    throw error
  }
}

const ROUTES: {
  [route: string]: (controls: Controls, body: string, query: URLSearchParams) => ControlAnswer
} = {
  'GET /healthz': () => ({ status: 200, body: { ok: true } }),
  'GET /calls': (controls, _body, query) => ({
    status: 200,
    body: { calls: controls.calls(filterOf(query)) },
  }),
  'GET /bill': (controls) => ({ status: 200, body: { bill: controls.bill() } }),
  'PUT /script': putScript,
  'PUT /limits': putLimits,
  'POST /reset': (controls) => {
    controls.reset()
    return { status: 200, body: { ok: true } }
  },
}

export const CONTROL_PREFIX = '/_simulator'

/** Answers a control request. `path` comes without the prefix. */
export function control(
  controls: Controls,
  method: string,
  path: string,
  query: string,
  body: string,
): ControlAnswer {
  const route = ROUTES[`${method} ${path}`]
  if (route) return route(controls, body, new URLSearchParams(query))
  return failed(404, `no such control route; there are: ${Object.keys(ROUTES).join(', ')}`)
}
