import { startHeartbeat } from '../../activities/heartbeat'

describe('startHeartbeat', () => {
  beforeEach(() => {
    jest.useFakeTimers()
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  const begin = (timeoutMs: number) => {
    const sent: unknown[] = []
    let calls = 0
    const heartbeat = startHeartbeat({ heartbeat: (details) => sent.push(details) }, timeoutMs, () => ++calls)
    return { sent, heartbeat }
  }

  it('a call that ends within half of the timeout sends none', () => {
    const { sent, heartbeat } = begin(10_000)
    jest.advanceTimersByTime(4_999)
    heartbeat.stop()
    jest.advanceTimersByTime(60_000)
    expect(sent).toEqual([])
  })

  it('a longer one sends one each half, with the details as they are then', () => {
    const { sent, heartbeat } = begin(10_000)
    jest.advanceTimersByTime(5_000)
    expect(sent).toEqual([1])
    jest.advanceTimersByTime(10_000)
    expect(sent).toEqual([1, 2, 3])
    heartbeat.stop()
  })

  it('stopped, no timer is left', () => {
    const { heartbeat } = begin(1_000)
    expect(jest.getTimerCount()).toBe(1)
    heartbeat.stop()
    expect(jest.getTimerCount()).toBe(0)
  })
})
