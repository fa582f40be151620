import { ownUsage, sumOf, usageOf } from '../../bench/usage'

const onLinux = process.platform === 'linux' ? it : it.skip

describe('what a process takes', () => {
  onLinux('read from outside is what the process itself knows: its CPU time to a few ticks', () => {
    const spinTo = (ownUsage().cpuMs ?? 0) + 100
    let spun = 0
    while ((ownUsage().cpuMs ?? 0) < spinTo) spun += 1
    expect(spun).toBeGreaterThan(0)
    const outside = usageOf(process.pid)
    const own = ownUsage()
    expect(Math.abs(Number(outside.cpuMs) - Number(own.cpuMs))).toBeLessThan(50)
    expect(Number(outside.rssBytes) / Number(own.rssBytes)).toBeCloseTo(1, 0)
    expect(outside.handles).toBeGreaterThan(2)
  })

  it('of one that is not there is not known, and neither is a sum with it', () => {
    const nobody = usageOf(2 ** 22 + 1)
    expect(nobody).toEqual({ cpuMs: null, rssBytes: null, handles: null })
    expect(sumOf([nobody, { cpuMs: 1, rssBytes: 2, handles: 3 }])).toEqual(nobody)
    const one = { cpuMs: 1, rssBytes: 2, handles: 3 }
    expect(sumOf([one, one])).toEqual({ cpuMs: 2, rssBytes: 4, handles: 6 })
  })
})
