/**
 * One process of the cluster, with its children: started, killed, frozen, stopped. Its output goes into a file.
 *
 * PART-1 Signals go to processes that this one has started, and to their children, by their ids.
 * PART-2 A part that ends by itself is no error of its own: whoever waits for it to be ready gets to know.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface PartSettings {
  name: string
  command: string
  args: readonly string[]
  env?: NodeJS.ProcessEnv
  /** Output is appended. */
  logFile: string
  user?: { uid: number; gid: number } | null
  cwd: string
  /** Resolves with whether it can be used. Asked again and again until it can. */
  ready(): Promise<boolean>
}

export interface Part {
  name: string
  /** It runs in this environment, unless a start says otherwise. */
  env: NodeJS.ProcessEnv
  /** Resolves when it is ready. Starting one that runs is an error. */
  start(own?: Partial<Pick<PartSettings, 'command' | 'args' | 'env'>>): Promise<void>
  /** SIGKILL, its children included. */
  kill(): Promise<void>
  /** SIGSTOP; `thaw`: SIGCONT. */
  freeze(): void
  thaw(): void
  /** SIGTERM (another one where it drains by that), and SIGKILL after `limitMs`. */
  stop(limitMs?: number, signal?: NodeJS.Signals): Promise<void>
  isRunning(): boolean
  pid(): number
}

const READY_LIMIT_MS = 90_000
const STOP_LIMIT_MS = 15_000
const POLL_MS = 100

export function createPart(settings: PartSettings): Part {
  let child: ChildProcess | null = null
  const isRunning = (): boolean => child !== null && child.exitCode === null && child.signalCode === null
  const pid = (): number => child?.pid ?? 0
  const send = (signal: NodeJS.Signals): void => {
    // PART-1: the parent first, or it would start others in the place of its children.
    if (isRunning()) for (const id of treeOf(pid())) signalTo(id, signal)
  }
  const exit = async (): Promise<void> => {
    if (isRunning() && child !== null) await once(child, 'exit')
  }

  return {
    name: settings.name,
    env: settings.env ?? process.env,
    isRunning,
    pid,
    async start(own = {}) {
      if (isRunning()) throw new Error(`${settings.name} runs already`)
      const { command, args, env, logFile, user, cwd } = { ...settings, ...own }
      const log = openSync(logFile, 'a')
      child = spawn(command, args, {
        cwd,
        env: env ?? process.env,
        stdio: ['ignore', log, log],
        ...(user ?? {}),
      })
      closeSync(log)
      child.on('error', () => undefined)
      for (const until = Date.now() + READY_LIMIT_MS; !(await settings.ready()); await sleep(POLL_MS)) {
        // PART-2
        if (!isRunning()) throw new Error(`${settings.name} ended before it was ready: ${endOf(logFile)}`)
        if (Date.now() > until)
          throw new Error(`${settings.name} was not ready within ${READY_LIMIT_MS} ms: ${endOf(logFile)}`)
      }
    },
    async kill() {
      const exited = exit()
      send('SIGKILL')
      await exited
    },
    freeze: () => send('SIGSTOP'),
    thaw: () => send('SIGCONT'),
    async stop(limitMs = STOP_LIMIT_MS, signal = 'SIGTERM') {
      if (!isRunning()) return
      const exited = exit()
      send('SIGCONT')
      child?.kill(signal)
      const timer = setTimeout(() => send('SIGKILL'), limitMs)
      await exited
      clearTimeout(timer)
    },
  }
}

function signalTo(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal)
  } catch {
    // It has gone.
  }
}

/** A process and all below it, parents first. PostgreSQL's are no group: each has a session of its own. */
function treeOf(id: number): number[] {
  const children = childrenOf(id)
  return [id, ...children.flatMap(treeOf)]
}

function childrenOf(id: number): number[] {
  try {
    const text = readFileSync(`/proc/${id}/task/${id}/children`, 'utf8')
    return text
      .split(' ')
      .filter((word) => word !== '')
      .map(Number)
  } catch {
    return []
  }
}

const LOG_END_CHARACTERS = 1_500

function endOf(file: string): string {
  try {
    return `${file} ends with\n${readFileSync(file, 'utf8').slice(-LOG_END_CHARACTERS)}`
  } catch {
    return 'it said nothing'
  }
}
