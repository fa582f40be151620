/** `holdfast` commands as processes of their own: what can be killed. Needs `npm run build`. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const MAIN = path.resolve(__dirname, '..', '..', 'dist', 'src', 'cli', 'main.js')

export interface Command {
  pid: number
  stdout(): string
  stderr(): string
  /** Resolves when the output (both streams) matches; rejects when the process ends first, or after `timeoutMs`. */
  says(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>
  kill(signal?: NodeJS.Signals): void
  /** The exit code, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals>
}

export interface Commands {
  /** A folder of this test's own. */
  folder: string
  /** Writes a file there; returns its path. */
  file(name: string, text: string): string
  /** `main`: of another build. Default: `dist/`'s. */
  run(args: readonly string[], env?: { [name: string]: string }, main?: string): Command
  /** Ends whatever still runs, and removes the folder. */
  close(): Promise<void>
}

const SAYS_LIMIT_MS = 60_000

/** What would steer a command or its Node. */
const STEERS = /^(TEMPORAL_(?!CLI$)|HOLDFAST_|OTEL_|.*_API_KEY$|NODE_OPTIONS|JEST_)/

/** Nothing of the outer environment that would steer a command is passed on. */
const cleanEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !STEERS.test(name)))

export function commands(): Commands {
  if (!existsSync(MAIN)) throw new Error('dist/ is not built: run `npm run build`')
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-test-'))
  const running = new Set<Command>()
  return {
    folder,
    file(name, text) {
      const file = path.join(folder, name)
      writeFileSync(file, text)
      return file
    },
    run(args, env = {}, main = MAIN) {
      const child = spawn(process.execPath, [main, ...args], {
        cwd: folder,
        env: { ...cleanEnv(), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const command = commandOf(child)
      running.add(command)
      command.exited.then(() => running.delete(command))
      return command
    },
    async close() {
      const ending = [...running]
      for (const command of ending) command.kill('SIGKILL')
      await Promise.all(ending.map(({ exited }) => exited))
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function commandOf(child: ChildProcess): Command {
  let stdout = ''
  let stderr = ''
  const listeners = new Set<() => void>()
  const output = () => {
    for (const listener of listeners) listener()
  }
  child.stdout?.on('data', (chunk) => {
    stdout += chunk
    output()
  })
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
    output()
  })
  const exited = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(signal ?? code ?? 0))
  })
  const says = (pattern: RegExp, timeoutMs = SAYS_LIMIT_MS) =>
    new Promise<RegExpMatchArray>((resolve, reject) => {
      const done = () => {
        clearTimeout(timer)
        listeners.delete(check)
      }
      const fail = (why: string) => {
        done()
        reject(new Error(`${why} before it said ${pattern}\nstdout: ${stdout}\nstderr: ${stderr}`))
      }
      const check = () => {
        const match = pattern.exec(`${stdout}\n${stderr}`)
        if (match === null) return
        done()
        resolve(match)
      }
      const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs)
      listeners.add(check)
      exited.then((how) => {
        check()
        fail(`it ended (${how})`)
      }, reject)
      check()
    })
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    says,
    kill: (signal = 'SIGTERM') => child.kill(signal),
    exited,
  }
}
