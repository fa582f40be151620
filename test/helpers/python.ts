/**
 * The official Python clients, installed once per checkout by pip, into `.cache/`. (No virtual environment: Debian's
 * Python comes without what makes one.)
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const PACKAGES = ['openai==3.57.0', 'anthropic==2.14.0']
const CACHE = path.join(__dirname, '..', '..', '.cache')
const READY = path.join(CACHE, `python-${PACKAGES.join('-').replace(/[^\w.]+/g, '-')}`)

const INSTALL_LIMIT_MS = 240_000
export const INSTALL_JEST_MS = INSTALL_LIMIT_MS + 10_000

/** Resolves when the clients are there. Whole or not at all: it is made beside its place, then moved there. */
export async function installPythonClients(): Promise<void> {
  if (existsSync(READY)) return
  mkdirSync(CACHE, { recursive: true })
  const made = mkdtempSync(`${READY}-`)
  try {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    await run('python3', [...pip, '--target', made, ...PACKAGES], { timeout: INSTALL_LIMIT_MS })
    if (!existsSync(READY)) renameSync(made, READY)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** What the program prints on stdout, as JSON. Rejects with what it says on stderr where it fails. */
export async function python<T>(program: string, env: { [name: string]: string }): Promise<T> {
  const { stdout } = await run('python3', ['-c', program], {
    env: { PATH: process.env.PATH ?? '', PYTHONPATH: READY, ...env },
    timeout: 25_000,
  })
  return JSON.parse(stdout) as T
}
