/**
 * Python packages, the official clients among them, installed once per checkout by pip, into `.cache/`. (No virtual environment: Debian's
 * Python comes without what makes one.)
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const CLIENTS = ['openai==3.57.0', 'anthropic==2.14.0']
const CACHE = path.join(__dirname, '..', '..', '.cache')

const INSTALL_LIMIT_MS = 240_000
export const INSTALL_JEST_MS = INSTALL_LIMIT_MS + 10_000

const placeOf = (packages: readonly string[]): string =>
  path.join(CACHE, `python-${packages.join('-').replace(/[^\w.]+/g, '-')}`)

/** Resolves with their folder when they are there. Whole or not at all: it is made beside its place, then moved there. */
export async function installPython(packages: readonly string[]): Promise<string> {
  const place = placeOf(packages)
  if (existsSync(place)) return place
  mkdirSync(CACHE, { recursive: true })
  const made = mkdtempSync(`${place}-`)
  try {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    await run('python3', [...pip, '--target', made, ...packages], { timeout: INSTALL_LIMIT_MS })
    if (!existsSync(place)) renameSync(made, place)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
  return place
}

export const installPythonClients = (): Promise<string> => installPython(CLIENTS)

/** What the program prints on stdout, as JSON. Rejects with what it says on stderr where it fails. */
export async function python<T>(program: string, env: { [name: string]: string }): Promise<T> {
  const { stdout } = await run('python3', ['-c', program], {
    env: { PATH: process.env.PATH ?? '', PYTHONPATH: placeOf(CLIENTS), ...env },
    timeout: 25_000,
  })
  return JSON.parse(stdout) as T
}
