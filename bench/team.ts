/** The processes of one subject: one for caller and worker, or one each. What is called over HTTP has always one each. */
import type { Client } from '@temporalio/client'
import type { Load } from './load'
import { type Part, startPart } from './part'
import { freshTaskQueue, type Setup } from './setup'
import { type SubjectName, subjectOf } from './subjects'
import { type Usage, usageOf } from './usage'

export type Layout = 'together' | 'apart'

/** CPU per call in milliseconds. */
export interface CpuPerCall {
  /** null: it is in the worker's process. */
  caller: number | null
  /** With the caller, where that is in this process. null: somebody else's, and its process is not known. */
  worker: number | null
  /** null: no server on the way, or no way to know. */
  server: number | null
}

export interface Segment extends Load {
  cpu: CpuPerCall
  /** At its end: of the worker's process (the caller's, where there is no other). */
  rssBytes: number | null
  /** The server's. */
  serverRssBytes: number | null
  /** What the providers received. */
  providerCalls: number
}

export interface Team {
  name: SubjectName
  measure(inFlight: number, durationMs: number): Promise<Segment>
  close(): Promise<void>
}

/** What all subjects share. */
export interface Ground {
  setup: Setup
  serverPid: number
  client: Client
  /** What the simulated providers have received till now. */
  providerCalls(): number
}

/** Its processes, for those who do more than measure. */
export interface Crew extends Team {
  caller: Part
  worker: Part | null
  /** Of its own server, or the run's. */
  serverAddress: string
  usage(): Promise<CrewUsage>
}

export interface CrewUsage {
  caller: Usage
  worker: Usage | null
  server: Usage | null
}

/** What the server still does for ended calls (closing, visibility) belongs to them. */
const PAUSE_MS = 150

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export async function startTeam(name: SubjectName, layout: Layout, ground: Ground): Promise<Crew> {
  const { setup, serverPid, providerCalls } = ground
  const taskQueue = freshTaskQueue(name)
  const { startWorker, overHttp } = subjectOf(name)
  const start = (part: 'both' | 'caller' | 'worker', url: string | null = null) =>
    startPart({ subject: name, part, setup, taskQueue, url, countHeartbeats: false })
  const viaTemporal = startWorker !== null
  const apart = overHttp || (layout === 'apart' && viaTemporal)
  const worker = apart && viaTemporal ? await start('worker') : null
  const caller = await start(apart ? 'caller' : 'both', worker?.url)
  const { server } = worker ?? caller
  const theirPid = name.startsWith('against') ? (setup.against?.pid ?? null) : null

  const usage = async (): Promise<CrewUsage> => ({
    caller: await caller.usage(),
    worker: worker === null ? (theirPid === null ? null : usageOf(theirPid)) : await worker.usage(),
    server: viaTemporal ? usageOf(server?.pid ?? serverPid) : null,
  })

  return {
    name,
    caller,
    worker,
    serverAddress: server?.address ?? setup.temporal.address,
    usage,
    async measure(inFlight, durationMs) {
      const before = await usage()
      const callsBefore = providerCalls()
      const load = await caller.load(inFlight, durationMs)
      await pause(PAUSE_MS)
      const after = await usage()
      const perCall = (from: Usage | null, to: Usage | null) =>
        from === null || to === null || from.cpuMs === null || to.cpuMs === null
          ? null
          : (to.cpuMs - from.cpuMs) / load.latenciesMs.length
      const own = perCall(before.caller, after.caller)
      const cpu = {
        caller: apart ? own : null,
        worker: apart ? perCall(before.worker, after.worker) : own,
        server: perCall(before.server, after.server),
      }
      return {
        ...load,
        cpu,
        rssBytes: (apart ? after.worker : after.caller)?.rssBytes ?? null,
        serverRssBytes: after.server?.rssBytes ?? null,
        providerCalls: providerCalls() - callsBefore,
      }
    },
    async close() {
      await caller.close()
      await worker?.close()
    },
  }
}
