/**
 * Saved histories, in Temporal's proto JSON form: what `temporal workflow show --output json` prints. Those of a release
 * stay as they are (`npm run keep-release`), those of `unreleased` are of today's workflows.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils'
import { temporal } from '@temporalio/proto'
import { Worker } from '@temporalio/worker'
import { workflowBundle } from '../../src/temporal/workflow-bundle'

export type History = ReturnType<typeof historyFromJSON>

const FOLDER = path.resolve(__dirname, '..', 'fixtures', 'histories')
const UNRELEASED = 'unreleased'

/** HOLDFAST_RECORD_HISTORIES names those that are written anew, with commas between; 1: all (`npm run keep-history`). */
const RECORDED = (process.env.HOLDFAST_RECORD_HISTORIES ?? '').split(',')
export const recording = (name: string): boolean => RECORDED.includes('1') || RECORDED.includes(name)

/** Their names. */
export const releases = (): string[] => readdirSync(FOLDER).filter((name) => name !== UNRELEASED)

const ENDS = /\.json(\.gz)?$/

/** The names of the saved histories, of today's workflows where no release is named. */
export const savedNames = (release = UNRELEASED): string[] =>
  readdirSync(path.join(FOLDER, release)).map((file) => file.replace(ENDS, ''))

/** A long one is kept compressed. */
export function savedHistory(name: string, release = UNRELEASED): History {
  const folder = path.join(FOLDER, release)
  const file = readdirSync(folder).find((one) => one.replace(ENDS, '') === name)
  if (file === undefined) throw new Error(`${release} has no saved history ${name}`)
  const bytes = readFileSync(path.join(folder, file))
  return historyFromJSON(JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()))
}

export const saveHistory = (name: string, history: History): void =>
  writeFileSync(
    path.join(FOLDER, UNRELEASED, `${name}.json`),
    `${JSON.stringify(JSON.parse(historyToJSON(history)), null, 1)}\n`,
  )

/** Runs today's workflow code over it. Rejects where that does other steps. */
export async function replay(history: History): Promise<void> {
  const bundle = { workflowBundle: await workflowBundle() }
  await Worker.runReplayHistory(bundle, history, 'replayed').catch((cause: unknown) => {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n${WHAT_TO_DO}`, { cause })
  })
}

const WHAT_TO_DO = `Today's workflow code does other steps than this run did. If that is not meant, it is a fault: each deploy
would stop runs under way. If it is meant, let the old steps stand beside the new ones (Temporal's \`patched\`, or a field of
the input that only new runs have), until no run has them; a circuit raises CIRCUIT_BUILD instead. A release's histories never
change; those of \`unreleased\` are recorded anew by \`npm run keep-history -- NAME\` (docs/upgrading.md).`

/** The event types in order. Replay does not notice commands that were added at the end: this does. */
export const typesOf = (history: History): string[] =>
  (history.events ?? []).map(
    ({ eventType }) => temporal.api.enums.v1.EventType[eventType ?? 0] ?? String(eventType),
  )
