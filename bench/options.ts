/** What a run is asked for. */
import { type Command, InvalidArgumentError } from 'commander'
import { countOption, portOption } from '../src/cli/options'
import type { Plan } from './rounds'
import { providerUrl } from './routes'
import { type Against, MODEL } from './setup'
import { ALL, type SubjectName } from './subjects'

export interface Options {
  only?: Name[]
  rounds?: number
  inFlight: number[]
  quick?: boolean
  apart?: boolean
  waiting: number
  soak?: number
  json?: boolean
  simulatorPort?: number
  against?: string
  againstModel: string
  againstKeyEnv?: string
  againstPid?: number
}

/** Measured by themselves, outside the rounds. */
const STUDIES = ['start', 'waiting'] as const
export type StudyName = (typeof STUDIES)[number]
type Name = SubjectName | StudyName

const isStudy = (name: string): name is StudyName => STUDIES.some((study) => study === name)

/** One caller who waits, and a machine that is full. */
const IN_FLIGHT = [1, 16]
/** Many short rounds rather than few long ones: a ratio's two sides must meet the same machine. */
const FULL = { rounds: 11, segmentMs: 1_000, warmUpMs: 4_000 }
const QUICK = { rounds: 2, segmentMs: 500, warmUpMs: 500 }

export function planOf({ rounds, quick, inFlight }: Options): Plan {
  const preset = quick ? QUICK : FULL
  return { ...preset, inFlight, rounds: rounds ?? preset.rounds }
}

/** What is to be measured. Subjects absent: the usual ones. */
export function chosen({ only, soak }: Options): { subjects?: SubjectName[]; studies: StudyName[] } {
  if (only === undefined) return soak === undefined ? { studies: [] } : { subjects: [], studies: [] }
  return {
    subjects: only.filter((name): name is SubjectName => !isStudy(name)),
    studies: only.filter(isStudy),
  }
}

export const againstOf = (options: Options): Against | null =>
  options.against === undefined
    ? null
    : {
        baseUrl: options.against,
        model: options.againstModel,
        keyEnv: options.againstKeyEnv ?? null,
        pid: options.againstPid ?? null,
      }

function urlOption(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('a URL as an OpenAI client takes it, e.g. http://127.0.0.1:4400/v1')
  return text.replace(/\/+$/, '')
}

function namesOption(text: string): Name[] {
  const known: readonly string[] = [...ALL, ...STUDIES]
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new InvalidArgumentError(`there is no "${unknown}", but ${known.join(', ')}`)
  return names as Name[]
}

const countsOption = (text: string): number[] => text.split(',').map(countOption)

export const withOptions = (command: Command): Command =>
  command
    .option(
      '--only <names>',
      `these subjects, and those that they are held against: ${ALL.join(', ')}; or studies: ${STUDIES.join(', ')}`,
      namesOption,
    )
    .option('--rounds <n>', `how often each subject is measured (default: ${FULL.rounds})`, countOption)
    .option('--in-flight <counts>', 'calls at a time', countsOption, IN_FLIGHT)
    .option(
      '--quick',
      `${QUICK.rounds} short rounds, about 25 s in all: a smoke test rather than a measurement`,
    )
    .option('--apart', "caller and worker in two processes, so that the worker's CPU stands alone")
    .option('--waiting <n>', 'the calls of the study `waiting`', countOption, 10_000)
    .option('--soak <minutes>', 'load for so long, and what has grown by its end', countOption)
    .option(
      '--against <url>',
      'another OpenAI-compatible gateway, measured in the same run: its base URL, /v1 included',
      urlOption,
    )
    .option('--against-model <model>', 'the model to request', MODEL)
    .option('--against-key-env <name>', 'the environment variable that holds its API key')
    .option('--against-pid <pid>', 'its process on this machine, for its CPU and memory', countOption)
    .option(
      '--simulator-port <port>',
      `the provider's: the other gateway is to call ${providerUrl({ simulatorUrl: 'http://127.0.0.1:<port>' })}`,
      portOption,
    )
    .option('--json', 'the whole result as JSON')
