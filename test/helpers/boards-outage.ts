/** Twenty boards on one entity in an outage: what they send it, and how many probes they make. */
import { boardsOn, call, FAILED, messagesTo, mostInASecond, ownProvider } from './boards'
import type { Stack } from './stack'

export interface BoardsOutage {
  calls: number
  probes: number
  /** Epoch milliseconds. */
  signals: number[]
  updates: number[]
  /** In seconds, till the last board has closed. */
  took: number
}

/** The circuit opens for a second each time. */
export async function twentyInOutage(stack: Stack, outageMs: number): Promise<BoardsOutage> {
  const provider = ownProvider()
  const boards = boardsOn(stack, provider, 20)
  let calls = 0
  let probes = 0
  let slowestMs = 0
  const downAt = Date.now()
  await Promise.all(
    boards.map(async (board) => {
      while (Date.now() < downAt + outageMs) {
        const startedAt = Date.now()
        const made = await call(board, FAILED)
        slowestMs = Math.max(slowestMs, Date.now() - startedAt)
        if (made !== null) calls += 1
        if (made?.probe) probes += 1
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }),
  )
  await Promise.all(boards.map((board) => board.close()))
  const took = (Date.now() - downAt) / 1_000
  const { signals, updates } = await messagesTo(stack, provider)
  process.stderr.write(
    `20 boards: ${calls} calls, ${probes} probes, ${signals.length} signals (at most ${mostInASecond(signals)} in a second), ${updates.length} updates, slowest answer ${slowestMs} ms\n`,
  )
  return { calls, probes, signals, updates, took }
}
