/** What the providers do meanwhile: they answer slowly, and some of the calls fail in every way that they can. */
import type { Simulator, StepInput } from '../../src/simulator'
import type { ProviderCall } from '../verdict/types'

/** An answer has about so many words, and a cut comes before its end. */
const WORDS = 16
/** More than a provider is called in one phase. */
const STEPS = 2_000

/** `pace`: 1 is a large model's; 0.1 is ten times as fast. */
const healthy = (pace: number): StepInput => {
  const between = (from: number, to: number) => ({
    uniform: [`${from * pace}ms`, `${to * pace}ms`] as [string, string],
  })
  return { latency: between(300, 2_000), tokenLatency: between(100, 400) }
}

interface Share {
  /** From 0 to 1. */
  of: number
  step(random: () => number, usual: StepInput): StepInput
}

const words = (random: () => number): number => 1 + Math.floor(random() * WORDS)

const FAULTS: readonly Share[] = [
  { of: 0.03, step: () => ({ fault: 'server_error', latency: '300ms' }) },
  { of: 0.02, step: () => ({ fault: 'overloaded' }) },
  { of: 0.02, step: () => ({ status: 429, retryAfter: '1' }) },
  { of: 0.04, step: (random, usual) => ({ ...usual, cut: { after: words(random), how: 'reset' } }) },
  { of: 0.02, step: (random, usual) => ({ ...usual, cut: { after: words(random), how: 'end' } }) },
  { of: 0.02, step: (random, usual) => ({ ...usual, stall: { after: words(random) } }) },
  { of: 0.01, step: () => ({ fault: 'silent' }) },
  { of: 0.01, step: () => ({ fault: 'cut_json' }) },
  { of: 0.01, step: () => ({ fault: 'reset' }) },
]

/** How much of FAULTS a provider has. */
const FAULTINESS: { [provider: string]: number } = { alpha: 1, beta: 0.5, gamma: 0.2 }

export function stepsOf(faultiness: number, random: () => number, pace = 1): StepInput[] {
  const usual = healthy(pace)
  return Array.from({ length: STEPS }, () => {
    let left = random() / faultiness
    for (const { of, step } of FAULTS) {
      left -= of
      if (left < 0) return { ...step(random, usual), times: 1 }
    }
    return { ...usual, times: 1 }
  })
}

export function scriptProviders(simulator: Simulator, random: () => number, pace = 1): void {
  for (const [provider, faultiness] of Object.entries(FAULTINESS))
    simulator.script(provider, stepsOf(faultiness, random, pace))
}

const DOWN: StepInput = { fault: 'overloaded', latency: '300ms' }

/** Up and down, again and again; up at the end. `stop` leaves it up. */
export function swing(
  simulator: Simulator,
  target: string,
  { upMs, downMs }: { upMs: number; downMs: number },
) {
  let timer: NodeJS.Timeout
  const up = (): void => {
    simulator.script(target, [healthy(1)])
    timer = setTimeout(down, upMs)
  }
  const down = (): void => {
    simulator.script(target, [DOWN])
    timer = setTimeout(up, downMs)
  }
  up()
  return {
    stop(): void {
      clearTimeout(timer)
      simulator.script(target, [healthy(1)])
    },
  }
}

/** The simulator's log, as the verdict takes it. */
export const callsOf = (simulator: Simulator): ProviderCall[] =>
  simulator.calls().map(({ provider, model, index, body, receivedAt, finishedAt, abortedAt, outcome }) => ({
    target: `${provider}/${model}`,
    prompt: promptIn(body),
    requestId: `req_sim_${index}`,
    receivedAt,
    endedAt: finishedAt ?? abortedAt ?? null,
    completed: outcome === 'answered',
  }))

interface Message {
  role?: string
  content?: string | { text?: string }[]
}

function promptIn(body: unknown): string {
  const { messages = [] } = (body ?? {}) as { messages?: Message[] }
  const content = messages.find(({ role }) => role === 'user')?.content ?? ''
  return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('')
}
