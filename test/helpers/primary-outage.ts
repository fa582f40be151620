/** The last row of the fault table: a primary that is down for a while and then well, under a steady request. */
import { gatewayOver } from './gateway'
import { startStack } from './stack'

export interface PrimaryOutage {
  downMs: number
  everyMs: number
  openForMs: number
}

export interface OutageSeen {
  statuses: number[]
  /** Calls that the primary saw while it was down. */
  callsWhileDown: number
  /** From its recovery to the first answer of its own; null: none came. */
  backAfterMs: number | null
}

const TRIP = 5

const config =
  ({ openForMs }: PrimaryOutage) =>
  (url: string): string =>
    `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
routes:
  default:
    candidates: [alpha/model-a, beta/model-b]
    retry: { maximumAttempts: 2, initialInterval: 20ms }
    circuit: { consecutive: ${TRIP}, openFor: ${openForMs}ms, maxOpenFor: ${openForMs}ms }
`

/** What the primary may see: what trips its circuit, and a probe for each time it was open. */
export const mostCalls = ({ downMs, openForMs }: PrimaryOutage): number =>
  TRIP + Math.ceil(downMs / openForMs)

/** Runs it, until the primary answers again or six times `openFor` have passed since its recovery. */
export async function primaryOutage(outage: PrimaryOutage): Promise<OutageSeen> {
  const stack = await startStack({ config: config(outage) })
  const gateway = await gatewayOver(stack, config(outage))
  try {
    stack.simulator.script('alpha', [{ fault: 'overloaded' }])
    const downAt = Date.now()
    const upAt = downAt + outage.downMs
    const asked: Promise<number>[] = []
    let recovered = false
    let backAt: number | null = null
    const ask = async (): Promise<number> => {
      const response = await gateway.post('/v1/chat/completions', {
        model: 'default',
        messages: [{ role: 'user', content: 'go' }],
      })
      await response.arrayBuffer()
      if (recovered && response.headers.get('x-holdfast-target') === 'alpha/model-a') backAt ??= Date.now()
      return response.status
    }
    let callsWhileDown = 0
    while (backAt === null && Date.now() < upAt + 6 * outage.openForMs) {
      if (!recovered && Date.now() >= upAt) {
        callsWhileDown = stack.simulator.calls({ provider: 'alpha' }).length
        stack.simulator.reset()
        recovered = true
      }
      asked.push(ask())
      // The load's own pace.
      await new Promise((resolve) => setTimeout(resolve, outage.everyMs))
    }
    const statuses = await Promise.all(asked)
    return { statuses, callsWhileDown, backAfterMs: backAt === null ? null : backAt - upAt }
  } finally {
    await gateway.close()
    await stack.close()
  }
}
