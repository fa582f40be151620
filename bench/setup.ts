/** What all subjects of the benchmark share: the same question, the same places. */
import { randomUUID } from 'node:crypto'
import type { TemporalOptions } from '../src/temporal/connection'

/** Plain JSON: it travels to the subjects' processes. */
export interface Setup {
  temporal: TemporalOptions
  /** The simulator's `http://host:port`. */
  simulatorUrl: string
  /** The floor's bundled workflow. */
  floorBundle: string
  /** For databases and caches: made and removed by the run. */
  folder: string
  /** null: only what is ours is measured. */
  against: Against | null
}

/** An OpenAI-compatible gateway that somebody runs. */
export interface Against {
  /** What an OpenAI client is given, `/v1` included. */
  baseUrl: string
  /** For `against` and `against-stream`; the other subjects name their route. */
  model: string
  /** The variable that holds its key: a key itself would show in the list of processes. null: it needs none. */
  keyEnv: string | null
  /** Its process on this machine, for CPU and memory. null: neither is known. */
  pid: number | null
}

export const MODEL = 'model-x'

const SENTENCE = 'A benchmark requests the same thing again and again, so that only the way there differs. '

/** About 1 KB: a short system prompt and question of a real application. */
export const PROMPT = SENTENCE.repeat(12)

/** What Holdfast's own wire format sends for PROMPT; the simulator's record proves it (`test/bench/rounds.test.ts`). */
export const REQUEST = { model: MODEL, messages: [{ role: 'user', content: PROMPT }] }

export const freshTaskQueue = (subject: string): string => `bench-${subject}-${randomUUID()}`
