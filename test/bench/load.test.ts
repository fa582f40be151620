/** The benchmark's load and arithmetic. */
import { runLoad, runPace } from '../../bench/load'
import { median, percentile } from '../../bench/stats'

describe('the arithmetic', () => {
  it('takes percentiles by nearest rank and medians between two', () => {
    const hundred = Array.from({ length: 100 }, (_, at) => 100 - at)
    expect(percentile(hundred, 0.5)).toBe(50)
    expect(percentile(hundred, 0.99)).toBe(99)
    expect(percentile([7], 0.99)).toBe(7)
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
  })

  it('lets a single caller pause as long as its call took, not counted (LOAD-1)', async () => {
    const spans: { from: number; to: number }[] = []
    const call = async () => {
      const from = performance.now()
      await new Promise((resolve) => setTimeout(resolve, 20))
      spans.push({ from, to: performance.now() })
      return { workflowId: null, firstTokenMs: null }
    }
    const startedAt = performance.now()
    const { wallMs } = await runLoad(call, 1, 100)
    const elapsedMs = performance.now() - startedAt
    expect(spans.length).toBeGreaterThan(1)
    const workedMs = spans.reduce((sum, { from, to }) => sum + to - from, 0)
    // Timers may fire a millisecond early.
    expect(elapsedMs - wallMs).toBeGreaterThan(workedMs - 2 * spans.length)
    expect(wallMs).toBeGreaterThanOrEqual(workedMs)
  })

  it('begins calls at a steady rate, though none has ended yet', async () => {
    const ends: (() => void)[] = []
    const call = async () => {
      await new Promise<void>((resolve) => ends.push(resolve))
      return { workflowId: null, firstTokenMs: null }
    }
    const paced = runPace(call, 100, 50)
    while (ends.length < 5) await new Promise((resolve) => setTimeout(resolve, 1))
    for (const end of ends) end()
    expect((await paced).latenciesMs).toHaveLength(5)
  })

  it('counts calls that fail apart, and gives up when none is answered', async () => {
    let calls = 0
    const everyOther = async () => {
      calls += 1
      if (calls % 2 === 0) throw new Error('busy')
      return { workflowId: null, firstTokenMs: null }
    }
    const load = await runLoad(everyOther, 4, 0)
    expect(load).toMatchObject({ failed: 2, reason: 'busy' })
    expect(load.latenciesMs).toHaveLength(2)
    const never = async () => Promise.reject(new Error('down'))
    await expect(runLoad(never, 1, 0)).rejects.toThrow('no call was answered: down')
  })
})
