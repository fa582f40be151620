/**
 * A recorded generation under another policy: the same request, the providers as they were, the one engine, a clock that
 * jumps. Nothing is called, and nothing waits.
 *
 * REENACT-1 Where the outcome hangs on what was not recorded, it is `unknown`, with the reason (RECORDED-PROVIDER-1).
 * REENACT-2 Circuits are as they were recorded: what other generations would have done under the new policy is not part of
 *    one run's record.
 * REENACT-3 One that would be parked for lack of a key is `unknown` from then on: nobody knows when a person would have mended it.
 */
import type { DataConverter } from '@temporalio/common'
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow'
import type { GenerationInput } from '../contract/generation'
import type { AttemptRecord } from '../domain/routing/attempt'
import type { Route } from '../domain/routing/route'
import type { Answer } from '../domain/streaming/answer'
import { runGeneration } from '../engine/run-generation'
import type { Progress } from '../engine/types'
import { type Run, readRun } from '../history'
import { dataConverterOf } from '../temporal/data-converter'
import { payloadReader, withoutCodecs } from '../temporal/histories'
import { historyToJson } from '../temporal/history-json'
import { type Enacted, paid, recorded } from './enacted'
import { proposedRoute, type RouteSource } from './proposed-route'
import { type HistoryInput, isProtobuf, readSource } from './read-history'
import { type AssumedCalls, recordedProviders } from './recorded-provider'
import { type ReenactHost, reenactHost, UnansweredError, UnknownError } from './reenact-host'

export interface ReenactOptions {
  /**
   * Another policy: a config file's path or a config, whose route of the same name is taken; or one route, as it is written
   * in a config. Default: the recorded one, by today's code.
   */
  route?: RouteSource
  /** What targets do where the record says nothing: one that was never called, say. Default: nothing is assumed. */
  assume?: AssumedCalls
  /** That of the workers which recorded it. Default: Temporal's, with the keys of HOLDFAST_ENCRYPTION_KEYS. */
  dataConverter?: DataConverter
}

export interface Reenacted {
  id: string
  route: string
  /** As recorded. */
  before: Enacted
  /** Under the policy of `route`. */
  after: Enacted
  /** Why the outcome is not known; null: it is. */
  unknown: string | null
  /** Targets of whom something was assumed. */
  assumed: string[]
}

/**
 * Runs a recorded generation again, in process and in no time.
 *
 * @param history a file's path, proto JSON, or what a Temporal client has fetched
 * @throws Error where it is no generation's history, or the route is none
 */
export async function reenact(history: HistoryInput, options: ReenactOptions = {}): Promise<Reenacted> {
  const own = options.dataConverter ?? dataConverterOf({ env: process.env, config: null })
  const loaded = loadDataConverter(own)
  const source = readSource(history)
  const readable = await withoutCodecs(isProtobuf(source) ? historyToJson(source) : source, loaded)
  return reenactRun(readRun(readable, { payload: payloadReader(loaded) }), options)
}

/** As `reenact`, of a run that is read already. */
export async function reenactRun(
  run: Run,
  { route: source, assume = {} }: Omit<ReenactOptions, 'dataConverter'> = {},
): Promise<Reenacted> {
  const { input, route: recordedRoute } = run
  if (input === null || recordedRoute === null)
    throw new Error(`${run.id} can't run again: no worker had resolved its request yet`)
  const route = source === undefined ? recordedRoute : await proposedRoute(source, recordedRoute)
  const again = freshInput(input, route, run.startedAt)
  const providers = recordedProviders(run, assume)
  const answerOf = (target: string, usage: Answer['usage']): Answer => ({
    ...(answerBy(run, target) ?? BLANK),
    usage,
  })
  const own = reenactHost(run, again, {
    providers,
    recordedRoute,
    samePolicy: source === undefined,
    answerOf,
  })
  const { unknown, after } = await enact(again, own, run.startedAt)
  return {
    id: run.id,
    route: route.name,
    before: recorded(run),
    after,
    unknown,
    assumed: providers.assumed(),
  }
}

/** From its beginning, whichever run of its chain was recorded. */
function freshInput(
  { resumed: _resumed, circuitSnapshot: _snapshot, look: _look, places, ...input }: GenerationInput,
  route: Route,
  startedAt: number,
): GenerationInput {
  // Under other weights its key, which is not recorded, would have decided otherwise.
  const kept = route === input.route && places !== undefined ? { places } : {}
  return { ...input, ...kept, route, deadlineMs: route.deadlineMs, deadlineAt: startedAt + route.deadlineMs }
}

async function enact(
  input: GenerationInput,
  { host, now }: ReenactHost,
  startedAt: number,
): Promise<{ unknown: string | null; after: Enacted }> {
  const progress: Progress = { records: [], sequence: 0 }
  const end = (
    ended: Pick<Enacted, 'outcome' | 'target' | 'served' | 'message'>,
    records: AttemptRecord[] = progress.records,
  ): Enacted => ({ ...ended, totalMs: now() - startedAt, ...paid(records, input.route) })
  try {
    const { target, served } = await runGeneration(input, host, progress, startedAt)
    return { unknown: null, after: end({ outcome: 'answered', target, served, message: null }) }
  } catch (error) {
    const none = { target: null, served: null }
    if (error instanceof UnansweredError)
      return { unknown: null, after: end({ outcome: error.kind, ...none, message: error.message }) }
    if (!(error instanceof UnknownError)) throw error
    // REENACT-1
    const records = [...progress.records, ...error.records]
    const after = end({ outcome: 'unknown', ...none, message: error.message }, records)
    return { unknown: error.message, after: { ...after, totalMs: null } }
  }
}

const BLANK: Answer = {
  text: '',
  toolCalls: [],
  finishReason: { unified: 'stop', raw: null },
  usage: null,
  model: null,
  responseId: null,
}

const answerBy = ({ answer, outcome }: Run, target: string): Answer | null =>
  outcome.type === 'answered' && outcome.target === target ? answer : null
