/** Do all workers see the same circuits? By their own metrics, asked until they agree or for a while. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Of the probed target each worker has a call in some ten seconds, and a worker without one does not look. */
const LIMIT_MS = 60_000
const PAUSE_MS = 500
const FETCH_LIMIT_MS = 5_000

/** What differs at last, a line each; empty: they agree. */
export async function circuitDifferences(workerUrls: readonly string[]): Promise<string[]> {
  const untilAt = Date.now() + LIMIT_MS
  for (;;) {
    const differences = differencesOf(await Promise.all(workerUrls.map(readStates)))
    if (differences.length === 0 || Date.now() > untilAt) return differences
    await sleep(PAUSE_MS)
  }
}

type States = ReadonlyMap<string, string>

const LINE = /^holdfast_circuit_state\{(?=.*target="([^"]+)")(?=.*state="([^"]+)").*\} 1$/gm

/** The state that each target is in, by a worker's metrics. */
export const statesIn = (metrics: string): States =>
  new Map([...metrics.matchAll(LINE)].map(([, target = '', state = '']) => [target, state]))

async function readStates(url: string): Promise<States> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(FETCH_LIMIT_MS) })
  return statesIn(await response.text())
}

/** A target that only some have seen is no difference. */
export function differencesOf(all: readonly States[]): string[] {
  const targets = [...new Set(all.flatMap((states) => [...states.keys()]))]
  return targets.flatMap((target) => {
    const seen = all.flatMap((states) => states.get(target) ?? [])
    return new Set(seen).size > 1 ? [`${target} is ${seen.join(', ')}`] : []
  })
}
