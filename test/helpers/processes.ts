/** Processes of tests: is one alive, wait till it has gone, run a TypeScript program and end it for sure. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Waits for a condition; fails with `what` after `limitMs`. @returns the milliseconds it took. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, limitMs = 10_000) {
  const startedAt = Date.now()
  while (!(await condition())) {
    if (Date.now() - startedAt > limitMs) throw new Error(`Not within ${limitMs} ms: ${what}`)
    await sleep(20)
  }
  return Date.now() - startedAt
}

export const untilGone = (pid: number, limitMs?: number) =>
  until(`process ${pid} has gone`, () => !isAlive(pid), limitMs)

export interface Program {
  process: ChildProcess
  /** The first line it prints, as JSON. */
  firstLine: Promise<unknown>
  kill(signal?: NodeJS.Signals): Promise<void>
}

/** Runs a TypeScript program of `test/fixtures/programs`. */
export function runProgram(name: string, args: string[]): Program {
  const hook = path.join(__dirname, 'ts.cjs')
  const file = path.join(__dirname, '..', 'fixtures', 'programs', name)
  const child = spawn(process.execPath, ['-r', hook, file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const exited = once(child, 'exit')
  const firstLine = Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => JSON.parse(String(line))),
    exited.then(([code]) => Promise.reject(new Error(`${name} ended with ${code}: ${errors}`))),
  ])
  firstLine.catch(() => undefined)
  return {
    process: child,
    firstLine,
    async kill(signal = 'SIGKILL') {
      child.kill(signal)
      await exited
    },
  }
}
