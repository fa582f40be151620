/** A caller that listens no longer: what it waited for is let go. */
import { type Run, runningGeneration } from '../../src/client/running'
import { until } from '../helpers/processes'

/** A generation that never ends; `left` is what its waits were given. */
function endless() {
  const waits: AbortSignal[] = []
  const caller = new AbortController()
  const run: Run<never> = {
    id: 'g1',
    webUrl: '',
    log: undefined,
    delivery: null,
    startedAt: 0,
    result: (left) => {
      waits.push(left)
      return new Promise((_, reject) => left.addEventListener('abort', () => reject(left.reason)))
    },
    typed: () => {
      throw new Error('there is no result')
    },
    cancel: async () => undefined,
    hangUp: async () => true,
    signal: caller.signal,
    detach: true,
  }
  return { generation: runningGeneration(run), caller, waits }
}

it.each(['events', 'result'] as const)('of %s: the wait for the end is given up', async (what) => {
  const { generation, caller, waits } = endless()
  const work = what === 'result' ? generation.result() : generation.events()[Symbol.asyncIterator]().next()
  const failed = work.catch((error: unknown) => error)
  await until('it waits', () => waits.length === 1)
  expect(waits[0]?.aborted).toBe(false)
  caller.abort()
  expect(await failed).toMatchObject({ kind: 'cancelled', accepted: true })
  await until('it waits no longer', () => waits[0]?.aborted === true)
})
