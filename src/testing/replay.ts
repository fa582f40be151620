/**
 * Today's workflow code over a recorded run.
 *
 * REPLAY-1 It has to decide the same, one for one: what Temporal's replay does not compare (what is called, how long is
 *    waited, what would be done beyond the recorded end) is compared here.
 * REPLAY-2 A task that was under way when the history was read is not compared: nobody knows what it decided.
 */
import type { DataConverter } from '@temporalio/common'
import type { WorkflowBundleOption } from '@temporalio/worker'
import { dataConverterOf } from '../temporal/data-converter'
import type { History } from '../temporal/history-json'
import { workflowBundle } from '../temporal/workflow-bundle'
import { payloadReader } from './decision-texts'
import { type Decision, recordedDecisions, replayedDecisions } from './decisions'
import { type HistoryInput, readHistory, workflowIdOf } from './read-history'

export interface ReplayOptions {
  /** The code. Default: the workflows of this version of Holdfast. A worker that bundles them with its own names its bundle. */
  workflowBundle?: WorkflowBundleOption
  /** That of the workers which recorded it. Default: Temporal's, with the keys of HOLDFAST_ENCRYPTION_KEYS. */
  dataConverter?: DataConverter
}

export interface Replayed {
  /** null: its server did not record it. */
  workflowId: string | null
  /** What was decided, in words, in order. */
  decisions: string[]
}

/** Today's code decides otherwise than the run that was recorded. */
export class ReplayDiffersError extends Error {
  override readonly name = 'ReplayDiffersError'
  constructor(
    message: string,
    /** The decision as recorded; null: there was no more. */
    readonly recorded: string | null,
    /** What today's code decides in its place; null: no more. */
    readonly today: string | null,
    /** Of the recorded event; else of the workflow task. null: no event shows it. */
    readonly eventId: number | null,
    cause: unknown,
  ) {
    super(message, { cause })
  }
}

/**
 * Runs today's workflow code over a recorded run, a generation's or a circuit's.
 *
 * @param input a file's path, proto JSON, or what a Temporal client has fetched
 * @returns what was decided
 * @throws ReplayDiffersError whose message names the first decision that differs
 * @throws Error where it can't be read
 */
export async function replay(input: HistoryInput, options: ReplayOptions = {}): Promise<Replayed> {
  const dataConverter = options.dataConverter ?? dataConverterOf({ env: process.env, config: null })
  // Loaded here, not by the import: the native worker takes half a second.
  const { installQuietRuntime } = await import('./quiet-runtime')
  const { replayCommands } = await import('./replay-commands')
  const { NO_REPORT_SINKS } = await import('../worker/report-sinks')
  installQuietRuntime()
  const history = readHistory(input)
  const workflowId = workflowIdOf(history)
  const bundle = options.workflowBundle ?? (await workflowBundle())
  const settings = { workflowBundle: bundle, sinks: NO_REPORT_SINKS, dataConverter }
  const { tasks, error } = await replayCommands(settings, history, workflowId ?? 'replayed')
  const payloads = payloadReader(dataConverter)
  const completed = completedTasks(history)
  // REPLAY-2
  const compared = tasks.filter(({ startedEventId }) => completed.has(startedEventId))
  const recorded = await recordedDecisions(history, payloads)
  const today = await replayedDecisions(compared, payloads)
  const at = recorded.findIndex(({ text }, index) => text !== today[index]?.text)
  const differs = at >= 0 ? at : today.length > recorded.length ? recorded.length : null
  const which = workflowId === null ? 'This run' : `Run ${workflowId}`
  if (differs !== null) throw differsError(which, recorded, today, differs, error)
  if (error !== null)
    throw new ReplayDiffersError(`${which} does not replay: ${coreMessage(error)}`, null, null, null, error)
  return { workflowId, decisions: recorded.map(({ text }) => text) }
}

/** The events that started tasks whose end is recorded. */
const completedTasks = ({ events }: History): Set<number> =>
  new Set(
    (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: it }) =>
      it == null ? [] : [Number(it.startedEventId)],
    ),
  )

function differsError(
  which: string,
  recorded: readonly Decision[],
  today: readonly Decision[],
  at: number,
  cause: Error | null,
): ReplayDiffersError {
  const then = recorded[at] ?? null
  const now = today[at] ?? null
  const event = then === null ? '' : ` (event ${then.eventId})`
  const before = recorded.slice(Math.max(0, at - SHOWN_BEFORE), at).map(({ text }) => text)
  const message = [
    `${which} does not replay: its decision ${at + 1} differs. Recorded: ${then?.text ?? 'nothing more'}${event}; today's code: ${now?.text ?? 'nothing more'}.`,
    ...(before.length === 0 ? [] : [`Before it, the same in both: ${before.join('; ')}.`]),
    ...(cause === null ? [] : [`Temporal says: ${coreMessage(cause)}`]),
  ].join('\n')
  const eventId = then?.eventId ?? now?.eventId ?? null
  return new ReplayDiffersError(message, then?.text ?? null, now?.text ?? null, eventId, cause)
}

const SHOWN_BEFORE = 5

/** Core says it among the fields of its failure. */
const coreMessage = ({ message }: Error): string =>
  /message: "((?:[^"\\]|\\.)+)"/.exec(message)?.[1] ?? message
