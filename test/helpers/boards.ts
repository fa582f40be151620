/** Boards without workers around them: as many as one likes, on one entity that a stack's worker serves. */
import { randomUUID } from 'node:crypto'
import pino from 'pino'
import { createProviderBoard, type ProviderBoard } from '../../src/circuits/board'
import { type CircuitEntity, circuitEntity, type EntitySettings } from '../../src/circuits/entity'
import { circuitWorkflowId } from '../../src/contract/circuits'
import { IGNORED, SUCCEEDED, type Verdicts } from '../../src/domain/circuits/verdict'
import type { CircuitPolicy } from '../../src/domain/routing/route'
import type { Stack } from './stack'

export const silent = pino({ level: 'silent' })

export const FAILED: Verdicts = { ...IGNORED, account: 'success', model: 'failure' }
export const UNCONNECTED: Verdicts = { ...IGNORED, account: 'failure' }
export { SUCCEEDED }

export const policyOf = (more: Partial<CircuitPolicy> = {}): CircuitPolicy => ({
  consecutive: 5,
  openForMs: 1_000,
  maxOpenForMs: 1_000,
  whenAllOpen: 'try',
  ...more,
})

/** A provider's name that no other test uses. */
export const ownProvider = (): string => `p-${randomUUID().slice(0, 8)}`

export const entityOf = (stack: Stack, provider: string, more: Partial<EntitySettings> = {}): CircuitEntity =>
  circuitEntity(stack.client, { provider, taskQueue: stack.taskQueue, logger: silent, ...more })

/** `count` boards, each with its turn, as so many workers would have them. */
export function boardsOn(stack: Stack, provider: string, count: number, logger = silent): ProviderBoard[] {
  return Array.from({ length: count }, (_, rank) =>
    createProviderBoard({
      provider,
      entity: entityOf(stack, provider, { logger }),
      peers: { count: () => count, rank: () => rank, refresh: async () => undefined },
      worker: `board-${rank}`,
      logger,
      onUnreadable: () => undefined,
      now: Date.now,
      random: Math.random,
    }),
  )
}

/** One call under a board: null where it was not let in. */
export async function call(
  board: ProviderBoard,
  verdicts: Verdicts,
  policy: CircuitPolicy = policyOf(),
  model = 'm',
): Promise<{ probe: boolean } | null> {
  const admitted = await board.admit({ id: randomUUID(), model, attemptMs: 1_000, policy, lastResort: false })
  if (!admitted.ok) return null
  admitted.reportOutcome(verdicts)
  return { probe: admitted.probe }
}

/** When the entity was signalled and updated, epoch milliseconds, over all its runs. */
export async function messagesTo(
  { client, taskQueue }: Stack,
  provider: string,
): Promise<{ signals: number[]; updates: number[]; runs: number }> {
  const workflowId = circuitWorkflowId(provider, taskQueue)
  const found = { signals: [] as number[], updates: [] as number[], runs: 0 }
  let runId: string | undefined = (await client.workflow.getHandle(workflowId).describe()).runId
  while (runId !== undefined) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory()
    found.runs += 1
    runId = undefined
    for (const event of events ?? []) {
      const at = Number(event.eventTime?.seconds ?? 0) * 1_000 + (event.eventTime?.nanos ?? 0) / 1e6
      if (event.workflowExecutionSignaledEventAttributes) found.signals.push(at)
      if (event.workflowExecutionUpdateAcceptedEventAttributes) found.updates.push(at)
      runId ??= event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined
    }
  }
  return { ...found, signals: found.signals.sort((a, b) => a - b) }
}

/** The most of these moments that fall into any one second. */
export const mostInASecond = (moments: readonly number[]): number =>
  moments.reduce(
    (most, from) => Math.max(most, moments.filter((at) => at >= from && at < from + 1_000).length),
    0,
  )
