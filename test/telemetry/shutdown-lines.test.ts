import pino from 'pino'
import { parseConfig } from '../../src/config'
import { logShutdowns } from '../../src/telemetry'

const DAY_MS = 86_400_000
const config = parseConfig(`
providers: { a: { api: openai-chat, baseUrl: http://a } }
models: { a/old: { shutdownAt: 2027-01-30 }, a/fine: { shutdownAt: 2029-01-30 } }
routes: { one: { candidates: [a/old, a/fine] } }
`)

/** Time that stands still until it is moved. */
function clockAt(text: string) {
  let now = Date.parse(text)
  const timers = new Set<() => void>()
  return {
    now: () => now,
    setInterval: ((run: () => void) => {
      timers.add(run)
      return run
    }) as unknown as typeof setInterval,
    clearInterval: ((run: () => void) => timers.delete(run)) as unknown as typeof clearInterval,
    passes(ms: number) {
      now += ms
      for (const run of timers) run()
    },
  }
}

function logged() {
  const lines: { level: number; event: string; target: string; msg: string }[] = []
  const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) })
  return { lines, logger }
}

it('SHUTDOWN-LINES-1: one line at the start, none from another host of the process, and one more a day later', () => {
  const { lines, logger } = logged()
  const clock = clockAt('2027-01-20T00:00:00Z')
  const before = new Map<string, number>()
  const end = logShutdowns(config, logger, clock, before)
  const endOther = logShutdowns(config, logger, clock, before)
  expect(lines.map(({ level, event, target }) => [level, event, target])).toEqual([
    [40, 'model_shutdown', 'a/old'],
  ])
  clock.passes(DAY_MS)
  expect(lines).toHaveLength(2)
  expect(lines[1]?.msg).toContain('in 9 days')
  end()
  endOther()
  clock.passes(DAY_MS)
  expect(lines).toHaveLength(2)
})

it('once its day has come the line is an error', () => {
  const { lines, logger } = logged()
  logShutdowns(config, logger, clockAt('2027-02-01T00:00:00Z'), new Map())()
  expect(lines).toMatchObject([{ level: 50, state: 'over' }])
})
