/** This process's side of `server-watchdog.cjs`: starts the server behind its watchdog, and ends both. */
import { spawn } from 'node:child_process'
import path from 'node:path'

export interface ServerExit {
  code: number | null
  signal: string | null
  /** Its last log lines. */
  tail: string[]
}

export interface GuardedServer {
  /** The server's own process id; never settles when it could not be started: watch `exited` beside it. */
  pid: Promise<number>
  exited: Promise<ServerExit>
  /** Ends the server and its watchdog, and waits till both have gone. */
  stop(): Promise<void>
  /** From here on neither keeps this process alive. */
  unref(): void
}

export interface ServerOrder {
  command: string
  args: string[]
  env: Record<string, string>
  logFile: string | null
  /** Between SIGTERM and SIGKILL; 0 means SIGKILL at once. */
  graceMs: number
}

/** On top of the grace, for a machine under load. */
const STOP_MARGIN_MS = 5_000

export function spawnGuarded(order: ServerOrder): GuardedServer {
  const watchdog = spawn(
    process.execPath,
    [path.join(__dirname, 'server-watchdog.cjs'), JSON.stringify(order)],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      detached: true,
      env: order.env,
    },
  )
  const last: ServerExit = { code: null, signal: null, tail: [] }
  let serverPid = 0
  const pid = new Promise<number>((resolve) => {
    watchdog.on('message', (message: Partial<ServerExit> & { pid?: number }) => {
      if (message.pid === undefined) Object.assign(last, message)
      serverPid = message.pid ?? 0
      if (serverPid > 0) resolve(serverPid)
    })
  })
  // The channel may still hold the last message when the watchdog has gone.
  const gone = new Promise<void>((resolve) => watchdog.once('exit', () => resolve()))
  const silent = new Promise<void>((resolve) => watchdog.once('disconnect', () => resolve()))
  const failed = new Promise<void>((resolve) => {
    watchdog.once('error', (error) => {
      last.tail = [String(error)]
      resolve()
    })
  })
  const exited = Promise.race([Promise.all([gone, silent]), failed]).then(() => {
    // Should the watchdog itself have been killed, the server must not be left behind.
    if (serverPid > 0) kill(serverPid)
    return last
  })
  const stop = async () => {
    watchdog.ref()
    watchdog.kill('SIGTERM')
    const timer = setTimeout(() => watchdog.kill('SIGKILL'), order.graceMs + STOP_MARGIN_MS)
    await exited
    clearTimeout(timer)
  }
  const unref = () => {
    watchdog.unref()
    watchdog.channel?.unref()
  }
  return { pid, exited, stop, unref }
}

/** Kills a process that may have gone already. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has gone already.
  }
}
