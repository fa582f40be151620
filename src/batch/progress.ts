/** How far a batch is, in one line: a bar on a terminal, else a line now and then. */
import { clearLine, cursorTo } from 'node:readline'

export interface Progress {
  total: number
  /** Lines with a result, those of earlier runs included. */
  done: number
  /** Of the done ones, those of earlier runs: they say nothing about how fast it goes. */
  kept: number
  failed: number
  inFlight: number
  /** Why nothing goes on; null: it does. */
  waiting: string | null
}

/** The rate is that of so long a time: it follows a change, and doesn't jump. */
const RATE_WINDOW_MS = 30_000

/** Lines per second, from what was done when; 0 while nobody knows. Call it at least every few seconds. */
export function createRate(): (done: number, now: number) => number {
  const samples: { done: number; now: number }[] = []
  return (done, now) => {
    samples.push({ done, now })
    while (samples.length > 2 && now - (samples[1]?.now ?? now) >= RATE_WINDOW_MS) samples.shift()
    const [first = { done, now }] = samples
    return now > first.now ? ((done - first.done) * 1000) / (now - first.now) : 0
  }
}

const SECONDS = { d: 86_400, h: 3_600, m: 60, s: 1 } as const

/** The two largest units: `2h 5m`, `45s`. */
export function timeLeft(seconds: number): string {
  let left = Math.ceil(seconds)
  const parts = Object.entries(SECONDS).map(([unit, size]) => {
    const count = Math.floor(left / size)
    left -= count * size
    return { count, unit }
  })
  const first = parts.findIndex(({ count }) => count > 0)
  if (first < 0) return '0s'
  const shown = parts.slice(first, first + 2).filter(({ count }) => count > 0)
  return shown.map(({ count, unit }) => `${count}${unit}`).join(' ')
}

/** `rate` in lines per second. */
export function progressText({ total, done, failed, inFlight, waiting }: Progress, rate: number): string {
  const share = total === 0 ? 100 : Math.floor((done * 100) / total)
  const left = rate > 0 ? `${timeLeft((total - done) / rate)} left` : 'time left unknown'
  const pace = done >= total ? [] : [`${rate.toFixed(rate < 10 ? 1 : 0)}/s`, left, `${inFlight} in flight`]
  const fields = [`${done}/${total} (${share}%)`, ...pace, `${failed} failed`]
  return [...fields, ...(waiting === null ? [] : [`waiting: ${waiting}`])].join(' · ')
}

const BAR_CELLS = 24

export function bar({ done, total }: Progress): string {
  const full = total === 0 ? BAR_CELLS : Math.floor((done * BAR_CELLS) / total)
  return '█'.repeat(full) + '░'.repeat(BAR_CELLS - full)
}

const DRAW_EVERY_MS = 200
const SAY_EVERY_MS = 10_000

export interface ProgressView {
  /** Leaves the last state on a line of its own. */
  stop(): void
}

/** Reads `progress` as it changes, until stopped. */
export function showProgress(stream: NodeJS.WriteStream, progress: Readonly<Progress>): ProgressView {
  const rate = createRate()
  const text = () => progressText(progress, rate(progress.done - progress.kept, Date.now()))
  const draw = (): void => {
    const line = `${bar(progress)} ${text()}`
    cursorTo(stream, 0)
    // A line that wraps can't be drawn over.
    stream.write(line.slice(0, Math.max(1, stream.columns - 1)))
    clearLine(stream, 1)
  }
  const say = (): boolean => stream.write(`${text()}\n`)
  const show = stream.isTTY ? draw : say
  show()
  const timer = setInterval(show, stream.isTTY ? DRAW_EVERY_MS : SAY_EVERY_MS)
  return {
    stop() {
      clearInterval(timer)
      show()
      if (stream.isTTY) stream.write('\n')
    },
  }
}
