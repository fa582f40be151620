/** The words of `decisions.ts`, each once: what an event says and what a command says have to be equal. */
import type { DataConverter, Payload, ProtoFailure } from '@temporalio/common'
import { decode, loadDataConverter } from '@temporalio/common/lib/internal-non-workflow'
import { durationOf } from '../history/events'

type MaybePayload = Payload | null | undefined

/** Resolves to undefined where it can't be read. */
export type Read = (payload: MaybePayload) => Promise<unknown>

export function payloadReader(dataConverter: DataConverter = {}): Read {
  const { payloadConverter, payloadCodecs } = loadDataConverter(dataConverter)
  return async (payload) => {
    if (payload == null) return undefined
    try {
      const [plain] = await decode(payloadCodecs, [payload])
      return plain === undefined ? undefined : payloadConverter.fromPayload(plain)
    } catch {
      return undefined
    }
  }
}

export const SEARCH_ATTRIBUTES = 'write the search attributes'
export const MEMO = 'publish the circuits'
export const ACCEPT = 'accept an update'
export const ANSWER = 'answer an update'
export const CANCELLED = 'end: cancelled'
export const CONTINUED = 'continue as a new run'

const LOCAL: { [activity: string]: string } = {
  expressCall: 'call within the task',
  lastLook: 'see whether a call has answered whose end is not known',
  lookupCache: 'look the answer up in the cache',
  readCircuits: 'read the circuits',
  resolveRequest: 'resolve the request',
}

export const localText = (activity: string | null | undefined): string =>
  LOCAL[activity ?? ''] ?? `local activity ${activity}`

/** Core writes its own markers as plain JSON, whatever the data converter. */
export function localActivityOf(data: MaybePayload): string | null {
  try {
    return JSON.parse(Buffer.from(data?.data ?? []).toString()).activity_type
  } catch {
    return null
  }
}

export async function activityText(
  type: string | null | undefined,
  summary: MaybePayload,
  input: readonly Payload[] | null | undefined,
  read: Read,
): Promise<string> {
  if (type !== 'callProvider') return `activity ${type}`
  const call = (await read(input?.[0])) as { candidate?: { target?: string } } | undefined
  return `attempt at ${call?.candidate?.target ?? (await read(summary)) ?? 'a target that can’t be read'}`
}

export const cancelText = (what: string | undefined): string => `cancel: ${what ?? 'what ran before'}`

export const childText = (type: string | null | undefined, id: string | null | undefined): string =>
  `start workflow ${type} ${id}`

export const signalText = (name: string | null | undefined, id: string | null | undefined): string =>
  `signal ${name} to workflow ${id}`

export const nexusText = (
  it: { service?: string | null; operation?: string | null } | null | undefined,
): string => `Nexus operation ${it?.service}.${it?.operation}`

export function waitText(duration: unknown): string {
  const ms = durationOf(duration) ?? 0
  return `wait ${ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`}`
}

export async function completedText(result: MaybePayload, read: Read): Promise<string> {
  const { served, target } = ((await read(result)) ?? {}) as { served?: string; target?: string }
  if (served === undefined) return 'end: completed'
  return `end: answered by ${target}${served === 'provider' ? '' : ` (${served})`}`
}

export async function failedText(failure: ProtoFailure | null | undefined, read: Read): Promise<string> {
  const details = await read(failure?.applicationFailureInfo?.details?.payloads?.[0])
  const { kind } = (details ?? {}) as { kind?: string }
  return `end: failed, ${kind ?? failure?.message ?? 'without a message'}`
}
