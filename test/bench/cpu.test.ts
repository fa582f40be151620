import { ownCpuMs, processCpuMs } from '../../bench/cpu'

const onLinux = process.platform === 'linux' ? it : it.skip

describe("a process's CPU time", () => {
  onLinux('read from outside is what the process itself knows, to a few ticks', () => {
    const until = ownCpuMs() + 100
    let spun = 0
    while (ownCpuMs() < until) spun += 1
    expect(spun).toBeGreaterThan(0)
    const outside = processCpuMs(process.pid) ?? Number.NaN
    expect(Math.abs(outside - ownCpuMs())).toBeLessThan(50)
  })

  it('of one that is not there is not known', () => {
    expect(processCpuMs(2 ** 22 + 1)).toBeNull()
  })
})
