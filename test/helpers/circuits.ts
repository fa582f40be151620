/** What the tests of circuits share: a config whose workers can be distinguished, the entity's state, a steady load. */
import type { Client } from '@temporalio/client'
import type { Generation, Holdfast, HoldfastError } from '../../src/client'
import {
  CIRCUITS_MEMO,
  circuitWorkflowId,
  type PublishedCircuits,
  readPublished,
} from '../../src/contract/circuits'
import type { RecordedCall } from '../../src/simulator'

/** Alpha before beta; each call says which worker made it (`startStack` sets WORKER). */
export const circuitConfig = (
  url: string,
  { circuit = 'consecutive: 3, openFor: 1s', route = '', more = '' } = {},
): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none, headers: { x-worker: '\${WORKER}' } }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none, headers: { x-worker: '\${WORKER}' } }
routes:
  default:
    candidates: [alpha/model-a, beta/model-b]
    retry: { maximumAttempts: 1 }
    timeouts: { attempt: 3s }
    circuit: { ${circuit} }
    ${route}
  ${more}
`

/** Of the calls' makers, each once. */
export const workersOf = (calls: readonly RecordedCall[]): string[] =>
  [...new Set(calls.map(({ headers }) => headers['x-worker'] ?? ''))].sort()

interface Where {
  client: Client
  taskQueue: string
}

/** null: it has not been started yet. */
export async function publishedCircuits(
  { client, taskQueue }: Where,
  provider: string,
): Promise<PublishedCircuits | null> {
  try {
    const { memo } = await client.workflow.getHandle(circuitWorkflowId(provider, taskQueue)).describe()
    return readPublished(memo?.[CIRCUITS_MEMO])
  } catch {
    return null
  }
}

/** Waits till what the entity has published passes; fails after `limitMs`. */
export async function untilPublished(
  where: Where,
  provider: string,
  passes: (published: PublishedCircuits) => boolean,
  limitMs = 15_000,
): Promise<PublishedCircuits> {
  const startedAt = Date.now()
  for (;;) {
    const published = await publishedCircuits(where, provider)
    if (published !== null && passes(published)) return published
    if (Date.now() - startedAt > limitMs)
      throw new Error(`not within ${limitMs} ms: ${passes}, but ${JSON.stringify(published)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export const phaseOf = ({ circuits }: PublishedCircuits, model: string): string =>
  circuits.models[model]?.phase.name ?? 'closed'

export interface Sent {
  startedAt: number
  tookMs: number
  /** null: it failed. */
  result: Generation | null
  error: HoldfastError | null
}

/**
 * `perSecond` generations a second, evenly, until `stop`, which resolves with all of them, ended. `atOnce`: no more
 * than so many unanswered, for a machine that can't keep up: what piles up would keep it from all else.
 */
export function steadyLoad(
  holdfast: Holdfast,
  perSecond: number,
  atOnce = Number.POSITIVE_INFINITY,
): { sent(): number; stop(): Promise<Sent[]> } {
  const all: Promise<Sent>[] = []
  let unanswered = 0
  const send = async (): Promise<Sent> => {
    const startedAt = Date.now()
    const end = (result: Generation | null, error: unknown): Sent => ({
      startedAt,
      tookMs: Date.now() - startedAt,
      result,
      error: error as HoldfastError | null,
    })
    return holdfast.generate({ prompt: 'hi' }).then(
      (result) => end(result as Generation, null),
      (error: unknown) => end(null, error),
    )
  }
  const timer = setInterval(() => {
    if (unanswered >= atOnce) return
    unanswered += 1
    all.push(
      send().finally(() => {
        unanswered -= 1
      }),
    )
  }, 1_000 / perSecond)
  return {
    sent: () => all.length,
    stop() {
      clearInterval(timer)
      return Promise.all(all)
    },
  }
}
