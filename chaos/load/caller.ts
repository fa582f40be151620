/**
 * One caller with one request, as a careful client behaves: with an idempotency key it sends the same request again, to
 * the next gateway, until it has an end; without one it takes what comes.
 *
 * CALLER-1 It ends: with an answer, an error with a name, a broken connection, or after `patienceMs` with nothing.
 * CALLER-2 Where a stream can't be gone on with from where it stands, it reads the answer from its beginning, as the error says.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { End, RequestRecord } from '../verdict/types'
import { ask, askStatus, type Progress, type Status } from './ask'
import type { CallerKind } from './mix'

export interface CallerSettings {
  kind: CallerKind
  prompt: string
  key: string | null
  /** Which gateway it tries first. */
  first: number
  gatewayUrls: readonly string[]
  /** From its start, in milliseconds. */
  patienceMs: number
}

const SILENCE_MS = 25_000
const PAUSE_MS = 500
const STATUS_LIMIT_MS = 10_000

/** Never rejects. */
export async function callOnce(settings: CallerSettings): Promise<RequestRecord> {
  const { kind, prompt, key, first, gatewayUrls, patienceMs } = settings
  const progress: Progress = { id: null, text: '', lastEventId: null }
  const startedAt = Date.now()
  const untilAt = startedAt + patienceMs
  let sends = 0
  let accepted = key !== null
  const nextUrl = (): string => gatewayUrls[(first + sends++) % gatewayUrls.length] ?? ''

  const send = async (): Promise<End> => {
    while (Date.now() < untilAt) {
      const silenceMs = Math.min(SILENCE_MS, untilAt - Date.now())
      const reply = await ask(nextUrl(), { kind, prompt, key, silenceMs }, progress)
      if (reply.type === 'answered') return reply
      if (reply.type === 'started') {
        accepted = true
        return follow()
      }
      const again = key !== null && (reply.type === 'broken' || reply.again)
      if (!again) return reply.type === 'broken' ? reply : { type: 'failed', kind: reply.kind }
      // CALLER-2
      if (reply.type === 'failed' && reply.accepted && progress.lastEventId !== null)
        Object.assign(progress, { text: '', lastEventId: null })
      await sleep(PAUSE_MS)
    }
    return { type: 'none' }
  }
  const follow = async (): Promise<End> => {
    for (let asked = 0; Date.now() < untilAt; asked += 1) {
      const status = await askStatus(urlAt(gatewayUrls, first + asked), progress.id ?? '', STATUS_LIMIT_MS)
      const end = endOf(status)
      if (end !== null) return end
      await sleep(PAUSE_MS)
    }
    return { type: 'none' }
  }

  const end = await send()
  const { name, route } = kind
  return {
    ...{
      kind: name,
      prompt,
      cached: route === 'cached',
      overlaps: route === 'hedged' || route === 'probed',
      probed: route === 'probed',
      accepted,
      id: progress.id,
    },
    ...{ startedAt, endedAt: Date.now(), sends, end, final: null },
  }
}

const urlAt = (urls: readonly string[], at: number): string => urls[at % urls.length] ?? ''

function endOf(status: Status): End | null {
  switch (status.state) {
    case 'answered':
      return { type: 'answered', text: status.text }
    case 'failed':
    case 'cancelled':
      return { type: 'failed', kind: status.kind }
    case 'running':
      return null
    case 'absent':
      return { type: 'failed', kind: 'generation_not_found' }
    case 'unreadable':
      return status.again ? null : { type: 'failed', kind: status.reason }
  }
}

/** What the cluster says of a generation, asked until it has ended, for at most `limitMs`. */
export async function finalOf(gatewayUrls: readonly string[], id: string, limitMs: number): Promise<Status> {
  const untilAt = Date.now() + limitMs
  for (let asked = 0; ; asked += 1) {
    const status = await askStatus(urlAt(gatewayUrls, asked), id, STATUS_LIMIT_MS)
    const open = status.state === 'running' || (status.state === 'unreadable' && status.again)
    if (!open || Date.now() > untilAt) return status
    await sleep(PAUSE_MS)
  }
}
