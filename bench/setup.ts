/** What all subjects of the benchmark share: the same question, the same answer, the same places. */
import { randomUUID } from 'node:crypto'
import { type Config, parseConfig } from '../src/config'
import type { Script } from '../src/simulator'
import type { TemporalOptions } from '../src/temporal/connection'

/** Plain JSON: it travels to the subjects' processes. */
export interface Setup {
  temporal: TemporalOptions
  /** The simulator's `http://host:port`. */
  simulatorUrl: string
  /** The floor's bundled workflow. */
  floorBundle: string
  /** null: only what is ours is measured. */
  against: Against | null
}

/** An OpenAI-compatible gateway that somebody runs. */
export interface Against {
  /** What an OpenAI client is given, `/v1` included. */
  baseUrl: string
  model: string
  /** The variable that holds its key: a key itself would show in the list of processes. null: it needs none. */
  keyEnv: string | null
}

const PROVIDER = 'bench'
export const MODEL = 'model-x'
/** What the gateway's callers name as their model. */
export const ROUTE = 'default'

const SENTENCE = 'A benchmark requests the same thing again and again, so that only the way there differs. '

/** About 1 KB: a short system prompt and question of a real application. */
export const PROMPT = SENTENCE.repeat(12)

/** About 400 bytes, at once: what remains is what the way there costs. */
export const SCRIPT: Script = { [PROVIDER]: [{ words: 60 }] }

/** The base URL of the provider that all subjects end at. */
export const providerUrl = ({ simulatorUrl }: Pick<Setup, 'simulatorUrl'>): string =>
  `${simulatorUrl}/${PROVIDER}/v1`

export const chatUrl = (setup: Pick<Setup, 'simulatorUrl'>): string =>
  `${providerUrl(setup)}/chat/completions`

/** What Holdfast's own wire format sends for PROMPT; the simulator's record proves it (`test/bench/rounds.test.ts`). */
export const REQUEST = { model: MODEL, messages: [{ role: 'user', content: PROMPT }] }

/** One candidate, every default as it is. */
export const benchConfig = (setup: Pick<Setup, 'simulatorUrl'>): Config =>
  parseConfig(
    `
providers:
  ${PROVIDER}: { api: openai-chat, baseUrl: ${providerUrl(setup)}, auth: none }
routes:
  ${ROUTE}: { candidates: [${PROVIDER}/${MODEL}] }
`,
    'bench',
  )

export const freshTaskQueue = (subject: string): string => `bench-${subject}-${randomUUID()}`
