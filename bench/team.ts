/** The processes of one subject: one for caller and worker, or one each. What is called over HTTP has always one each. */
import { processCpuMs } from './cpu'
import type { Load } from './load'
import { startPart } from './part'
import { freshTaskQueue, type Setup } from './setup'
import { SUBJECTS, type SubjectName } from './subjects'

export type Layout = 'together' | 'apart'

/** CPU per call in milliseconds. */
export interface CpuPerCall {
  /** null: it is in the worker's process. */
  caller: number | null
  /** With the caller, where that is in this process. null: somebody else's. */
  worker: number | null
  /** null: no server on the way, or no way to know. */
  server: number | null
}

export interface Segment extends Load {
  cpu: CpuPerCall
}

export interface Team {
  name: SubjectName
  measure(inFlight: number, durationMs: number, serverPid: number): Promise<Segment>
  close(): Promise<void>
}

/** What the server still does for ended calls (closing, visibility) belongs to them. */
const PAUSE_MS = 150

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export async function startTeam(name: SubjectName, layout: Layout, setup: Setup): Promise<Team> {
  const taskQueue = freshTaskQueue(name)
  const { startWorker, overHttp } = SUBJECTS[name]
  const start = (part: 'both' | 'caller' | 'worker', url: string | null = null) =>
    startPart({ subject: name, part, setup, taskQueue, url, countHeartbeats: false })
  const viaTemporal = startWorker !== null
  const apart = overHttp || (layout === 'apart' && viaTemporal)
  const worker = apart && viaTemporal ? await start('worker') : null
  const caller = await start(apart ? 'caller' : 'both', worker?.url)

  const cpuNow = async (serverPid: number) => ({
    caller: await caller.cpuMs(),
    worker: worker === null ? null : await worker.cpuMs(),
    server: viaTemporal ? processCpuMs(serverPid) : null,
  })

  return {
    name,
    async measure(inFlight, durationMs, serverPid) {
      const before = await cpuNow(serverPid)
      const load = await caller.load(inFlight, durationMs)
      await pause(PAUSE_MS)
      const after = await cpuNow(serverPid)
      const calls = load.latenciesMs.length
      const perCall = (from: number | null, to: number | null) =>
        from === null || to === null ? null : (to - from) / calls
      const own = perCall(before.caller, after.caller)
      const cpu = {
        caller: apart ? own : null,
        worker: apart ? perCall(before.worker, after.worker) : own,
        server: perCall(before.server, after.server),
      }
      return { ...load, cpu }
    },
    async close() {
      await caller.close()
      await worker?.close()
    },
  }
}
