/** Runs a short program to its end, with a bound on time and on output. Never throws: the end is a value. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

export interface RunResult {
  ok: boolean
  /** stdout and stderr together, the last 64 KiB. */
  output: string
  /** Why it did not end well, in a few words; empty when ok. */
  reason: string
}

export interface RunOptions {
  timeoutMs: number
  env?: NodeJS.ProcessEnv
  /** Called every half second: a text ends the program, with that text as the reason. */
  watch?: () => string | null
}

const MAX_OUTPUT_CHARS = 64 * 1024

/**
 * @param command a program's path, or its name on PATH
 * @returns `ok` when it ended with exit code 0 within `timeoutMs`
 */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  return new Promise((resolve) => {
    let child: ChildProcessByStdio<null, Readable, Readable>
    try {
      child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: options.env ?? process.env })
    } catch (error) {
      // Some failures to execute are thrown here, others come as an 'error' event.
      resolve({ ok: false, output: '', reason: String(error) })
      return
    }
    let output = ''
    let stopped: string | null = null
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-MAX_OUTPUT_CHARS)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const stop = (reason: string) => {
      stopped = reason
      child.kill('SIGKILL')
    }
    const limit = setTimeout(() => stop(`no end after ${options.timeoutMs / 1000} s`), options.timeoutMs)
    const ticker = setInterval(() => {
      const reason = options.watch?.()
      if (reason) stop(reason)
    }, 500)
    const finish = (reason: string) => {
      clearTimeout(limit)
      clearInterval(ticker)
      resolve({ ok: reason === '', output, reason })
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      finish(error.code === 'ENOENT' ? 'not installed' : error.message)
    })
    child.once('close', (code, signal) => {
      if (stopped) finish(stopped)
      else if (code === 0) finish('')
      else finish(code === null ? `ended by ${signal}` : `exit code ${code}${lastLine(output)}`)
    })
  })
}

function lastLine(output: string): string {
  const line = output.trim().split('\n').at(-1)?.trim()
  return line ? ` (${line.slice(0, 300)})` : ''
}
