/** The last row of the fault table: a primary that is down for a while and then well, under a steady request. */
import { gatewayOver } from './gateway'
import { startStack } from './stack'

export interface PrimaryOutage {
  /** At least: it recovers right after it was called in vain, when its circuit has just opened anew. */
  downMs: number
  everyMs: number
  openForMs: number
}

const MODES = ['plain', 'stream'] as const
type Mode = (typeof MODES)[number]

export interface OutageSeen {
  /** What was wrong with answers, as `<mode>: <what came>`. */
  unanswered: string[]
  /** Calls that the primary saw while it was down, and the most that it may: those that trip its circuit, and a probe for each time it was open. */
  callsWhileDown: number
  mostCalls: number
  /** From its recovery to the first answer of its own. */
  backAfterMs: number
  /** Who has had one since. */
  backFor: Mode[]
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

/** Is it an answer, and a whole one? */
const isWhole: { [mode in Mode]: (body: string) => boolean } = {
  plain: (body) => body.includes('"finish_reason":"stop"'),
  stream: (body) => body.includes('"finish_reason":"stop"') && body.endsWith('data: [DONE]\n\n'),
}

/**
 * Runs it, each other request streamed, until the primary has answered both kinds or six times `openFor` have passed
 * since its recovery.
 */
export async function primaryOutage(outage: PrimaryOutage): Promise<OutageSeen> {
  const stack = await startStack({ config: config(outage) })
  const gateway = await gatewayOver(stack, config(outage))
  try {
    stack.simulator.script('alpha', [{ fault: 'overloaded' }])
    const unanswered: string[] = []
    const backAt = new Map<Mode, number>()
    let recoveredAt: number | null = null
    const ask = async (mode: Mode): Promise<void> => {
      const response = await gateway.post('/v1/chat/completions', {
        model: 'default',
        stream: mode === 'stream',
        messages: [{ role: 'user', content: 'go' }],
      })
      const body = await response.text()
      if (response.status !== 200 || !isWhole[mode](body))
        unanswered.push(`${mode}: ${response.status} ${body}`)
      const byPrimary = response.headers.get('x-holdfast-target') === 'alpha/model-a'
      if (recoveredAt !== null && byPrimary && !backAt.has(mode)) backAt.set(mode, Date.now())
    }
    const downAt = Date.now()
    const upAt = downAt + outage.downMs
    const sent: Promise<void>[] = []
    let callsWhileDown = 0
    while (backAt.size < MODES.length && Date.now() < upAt + 6 * outage.openForMs) {
      if (recoveredAt === null) {
        const calls = stack.simulator.calls({ provider: 'alpha' }).length
        if (Date.now() >= upAt && calls > callsWhileDown) {
          stack.simulator.reset()
          recoveredAt = Date.now()
        }
        callsWhileDown = calls
      }
      sent.push(ask(MODES[sent.length % MODES.length] ?? 'plain'))
      // The load's own pace.
      await new Promise((resolve) => setTimeout(resolve, outage.everyMs))
    }
    await Promise.all(sent)
    const wellAt = recoveredAt ?? Number.NaN
    return {
      unanswered,
      callsWhileDown,
      mostCalls: TRIP + Math.ceil((wellAt - downAt) / outage.openForMs),
      backAfterMs: Math.min(...backAt.values()) - wellAt,
      backFor: [...backAt.keys()].sort(),
    }
  } finally {
    await gateway.close()
    await stack.close()
  }
}
