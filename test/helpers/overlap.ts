/** What the tests of race and hedge share: five providers whose calls say which worker made them, and the numbers. */
import type { RecordedCall, Simulator } from '../../src/simulator'

export const FIVE = ['one', 'two', 'three', 'four', 'five'] as const
export type Name = (typeof FIVE)[number]

/** `routes`: YAML of routes, each on a line of its own. `workerLost`: the heartbeat's pace is half of it. */
export const fiveProviders = (url: string, routes: readonly string[], workerLost = '10s'): string => `
providers:
${FIVE.map((name) => `  ${name}: { api: ${name === 'two' ? 'anthropic-messages' : 'openai-chat'}, baseUrl: ${url}/${name}/v1, auth: none, headers: { x-worker: '\${WORKER}' } }`).join('\n')}
defaults: { circuit: false, retry: { maximumAttempts: 2, initialInterval: 20ms }, timeouts: { workerLost: ${workerLost} } }
routes:
${routes.map((route) => `  ${route}`).join('\n')}
`

/** The first so many of them, as candidates. */
export const candidates = (count: number): string =>
  `[${FIVE.slice(0, count)
    .map((name) => `${name}/m`)
    .join(', ')}]`

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export const workerOf = ({ headers }: RecordedCall): string => headers['x-worker'] ?? ''

/** From the first call's arrival to the last one's, milliseconds. */
export const spreadMs = (calls: readonly RecordedCall[]): number => {
  const arrivals = calls.map(({ receivedAt }) => receivedAt)
  return Math.max(...arrivals) - Math.min(...arrivals)
}

/** From the winner's answer to the loser's hanging up, milliseconds. */
export async function hangUpMs(simulator: Simulator, winner: string, loser: string): Promise<number> {
  await simulator.waitForCalls(1, { provider: loser, outcome: 'client_aborted' }, 20_000)
  const [won] = simulator.calls({ provider: winner, outcome: 'answered' })
  const [lost] = simulator.calls({ provider: loser })
  return (lost?.abortedAt ?? Number.NaN) - (won?.finishedAt ?? Number.NaN)
}
