/** How long a race's loser goes on after the winner's answer: on the winner's worker, and on another one. */
import { candidates, fiveProviders, hangUpMs, median, workerOf } from './overlap'
import { type Stack, type StackOptions, startStack } from './stack'

export interface HangUps {
  medianMs: number
  worstMs: number
}

const config = (workerLost: string) => (url: string) =>
  fiveProviders(
    url,
    [
      `pair: { candidates: ${candidates(2)}, strategy: race }`,
      `tries: { candidates: ${candidates(2)}, strategy: race, retry: { maximumAttempts: 3 } }`,
    ],
    workerLost,
  )

export const startRaces = (options: StackOptions & { workerLost?: string }): Promise<Stack> =>
  startStack({ config: config(options.workerLost ?? '10s'), ...options })

/** With one slot each, two workers share the two calls of a race. */
export const APART = { workers: 2, slots: 1 }

/** `races` one after the other; `apart`: by different workers, which is checked. */
export async function hangUps(
  { simulator, holdfast }: Stack,
  races: number,
  apart: boolean,
): Promise<HangUps> {
  const took: number[] = []
  for (let race = 0; race < races; race += 1) {
    simulator.reset()
    simulator.script('one', [{ answer: 'won', latency: '150ms' }])
    simulator.script('two', [{ fault: 'silent' }])
    await holdfast.generate({ route: 'pair', prompt: `race ${race}` })
    took.push(await hangUpMs(simulator, 'one', 'two'))
    const makers = new Set(simulator.calls().map(workerOf))
    expect(makers.size).toBe(apart ? 2 : 1)
  }
  const found = { medianMs: median(took), worstMs: Math.max(...took) }
  process.stderr.write(
    `losers ${apart ? 'on another worker' : 'on the same worker'}: hung up on after ${took.join(', ')} ms\n`,
  )
  return found
}

/** Many at once, every other one streamed: losers that are hung up on in any phase start no third call. */
export async function expectTwoCallsEach({ simulator, holdfast }: Stack, races: number): Promise<void> {
  simulator.reset()
  simulator.script('one', [{ answer: 'won', latency: { uniform: ['30ms', '60ms'] } }])
  simulator.script('two', [{ words: 500, latency: '80ms', drip: '50ms' }])
  const race = async (n: number) => {
    const run = await holdfast.open({ route: 'tries', prompt: `race ${n}`, stream: n % 2 === 0 })
    return run.result()
  }
  const all = await Promise.all(Array.from({ length: races }, (_, n) => race(n)))
  expect(all.filter(({ target }) => target === 'one/m')).toHaveLength(races)
  await simulator.waitForCalls(races, { provider: 'two', outcome: 'client_aborted' }, 20_000)
  expect(simulator.calls()).toHaveLength(2 * races)
}
