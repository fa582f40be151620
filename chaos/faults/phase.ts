/**
 * One fault under load: some time as usual, the fault, some time after it, and what was seen.
 *
 * PHASE-1 The fault is undone, and the load ends, whatever fails in between.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '../cluster/cluster'
import { DEADLINE_MS, PROBED_TARGET } from '../cluster/config'
import { startLoad } from '../load/load'
import { callsOf, scriptProviders, swing } from '../load/providers'
import { answerOf } from '../verdict/answers'
import { judge } from '../verdict/judge'
import { courseOf } from '../verdict/recovery'
import { countsOf, type FaultReport, failuresOf } from '../verdict/report'
import type { ProviderCall, RequestRecord } from '../verdict/types'
import { circuitDifferences } from './circuits'
import type { Fault } from './types'

export interface PhaseSettings {
  inFlight: number
  random: () => number
  /** Prompts of cached routes with their answers so far; this adds to them. */
  answers: Map<string, Set<string>>
  beforeMs: number
  afterMs: number
  onProgress(line: string): void
}

/** A caller's patience: its deadline, and what else may stand in its way. */
const PATIENCE_MS = DEADLINE_MS + 60_000
const SWING = { upMs: 5_000, downMs: 8_000 }

export async function runPhase(
  fault: Fault,
  cluster: Cluster,
  settings: PhaseSettings,
): Promise<FaultReport> {
  const { inFlight, random, answers, beforeMs, afterMs, onProgress } = settings
  const { simulator } = cluster
  onProgress(`${fault.name}: ${fault.what}`)
  await fault.prepare?.(cluster)
  simulator.reset()
  scriptProviders(simulator, random)
  const probed = swing(simulator, PROBED_TARGET, SWING)
  const gatewayUrls = cluster.gateways.map(({ url }) => url)
  const load = startLoad({ inFlight, gatewayUrls, random, patienceMs: PATIENCE_MS })
  let undo = async (): Promise<void> => undefined
  const undoOnce = async (): Promise<void> => {
    const mine = undo
    undo = async () => undefined
    await mine()
  }
  let requests: RequestRecord[] = []
  const window = { beganAt: 0, endedAt: 0 }
  let differences: string[] = []
  try {
    await sleep(beforeMs)
    window.beganAt = Date.now()
    undo = await fault.begin(cluster, random)
    await sleep(fault.holdMs)
    await undoOnce()
    window.endedAt = Date.now()
    await sleep(afterMs)
    probed.stop()
    // While there is still traffic: a worker without any does not look.
    differences = await circuitDifferences(cluster.workers.map(({ url }) => url))
  } finally {
    // PHASE-1
    probed.stop()
    await undoOnce()
    onProgress(`${fault.name}: waiting for those in flight`)
    requests = await load.stop()
    await fault.restore?.(cluster)
  }
  const calls = callsOf(simulator)
  learnAnswers(answers, requests, calls)
  const { violations, gap } = judge({
    ...{ fault: fault.name, window, deadlineMs: DEADLINE_MS, requests, calls, earlierAnswers: answers },
    ...{ losesCommits: fault.losesCommits, probedTarget: PROBED_TARGET, circuitDifferences: differences },
  })
  const counts = countsOf(violations)
  onProgress(`${fault.name}: ${JSON.stringify({ ...counts, gap })}`)
  for (const { count, what } of violations) onProgress(`  ${count}: ${what}`)
  return {
    fault: fault.name,
    requests: requests.length,
    answered: requests.filter(({ end }) => end.type === 'answered').length,
    failed: failuresOf(requests),
    resent: requests.reduce((sum, { sends }) => sum + sends - 1, 0),
    counts,
    gap,
    course: courseOf(requests, window),
    violations,
  }
}

/** What is kept in the cache is answered in later phases too, by calls that the simulator has forgotten then. */
function learnAnswers(
  answers: Map<string, Set<string>>,
  requests: readonly RequestRecord[],
  calls: readonly ProviderCall[],
): void {
  const cached = new Set(requests.filter((request) => request.cached).map(({ prompt }) => prompt))
  for (const { prompt, target, completed } of calls) {
    if (!completed || !cached.has(prompt)) continue
    answers.set(prompt, (answers.get(prompt) ?? new Set()).add(answerOf(target, prompt)))
  }
}
