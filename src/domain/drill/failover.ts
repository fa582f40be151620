/** A failover drill: what is sent while a target is out, and what is found. Plain JSON: it is a workflow's result. */
import { span } from '../text/durations'
import { markdownTable } from '../text/markdown'

/** A prompt whose answer is known. */
export interface GoldenPrompt {
  prompt: string
  /** The answer has this in it, in whatever case. Absent: any answer will do. */
  expects?: string | undefined
}

/** Short, for they are paid. */
export const GOLDEN_PROMPTS: readonly GoldenPrompt[] = [
  { prompt: 'Answer with the one word: ready' },
  { prompt: 'What is 17 + 25? Answer with the number alone.', expects: '42' },
  { prompt: 'Which is the capital of France? Answer with its name alone.', expects: 'Paris' },
]

export interface FailoverCase {
  route: string
  prompt: string
  passed: boolean
  /** For people. */
  why: string
  /** Who answered. */
  target: string | null
  attempts: number
  tookMs: number
  /** US dollars; null: not known. */
  costUsd: number | null
  /** Of its generation. */
  id: string
}

export interface FailoverReport {
  target: string
  /** Epoch milliseconds. */
  startedAt: number
  /** When the forcing is over by itself, whoever is there to undo it. */
  forcedUntil: number
  /** null: it runs. */
  finishedAt: number | null
  total: number
  /** In the order of their ends; at the end in that of routes and prompts. */
  cases: FailoverCase[]
  /** null: not yet. false: it could not be undone, and is over at `forcedUntil`. */
  undone: boolean | null
}

export interface FailoverEnd {
  /** `answered`, or the kind of its error. */
  outcome: string
  target: string | null
  text: string
  message: string
}

/** Is the one that answered another one, and the answer the known one? */
export function judged(
  forced: string,
  { expects }: GoldenPrompt,
  { outcome, target, text, message }: FailoverEnd,
): Pick<FailoverCase, 'passed' | 'why'> {
  if (outcome !== 'answered' || target === null) return { passed: false, why: `${outcome}: ${message}` }
  if (isMeant(forced, target))
    return { passed: false, why: `${target} answered, although it was forced open` }
  if (expects !== undefined && !text.toLowerCase().includes(expects.toLowerCase()))
    return { passed: false, why: `the answer lacks "${expects}"` }
  return { passed: true, why: '' }
}

/** A target, or all of a provider's. */
export const isMeant = (forced: string, target: string): boolean =>
  forced.includes('/') ? target === forced : target.startsWith(`${forced}/`)

/** For the Web UI. */
export function failoverDetails({
  target,
  cases,
  total,
  undone,
  startedAt,
  finishedAt,
}: FailoverReport): string {
  const failed = cases.filter(({ passed }) => !passed)
  const state = undone === null ? 'is forced open' : undone ? 'is as before' : 'could not be given back yet'
  const took = finishedAt === null ? 'running' : `in ${span(finishedAt - startedAt)}`
  const head = `${target} ${state}; ${cases.length} of ${total} prompts, ${failed.length} failed, ${took}`
  if (cases.length === 0) return head
  const rows = cases.map((one) => [one.route, one.target ?? '', one.passed ? 'passed' : `FAILED: ${one.why}`])
  return `${head}\n\n${markdownTable(['route', 'answered by', ''], rows)}`
}
