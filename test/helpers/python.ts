/**
 * Packages of Python's, installed once per checkout by pip, into `.cache/`. (No virtual environment: Debian's Python
 * comes without what makes one.)
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const CACHE = path.join(__dirname, '..', '..', '.cache')

const INSTALL_LIMIT_MS = 240_000
export const INSTALL_JEST_MS = INSTALL_LIMIT_MS + 10_000

export interface PythonPackages {
  /** For PYTHONPATH. */
  folder: string
  /** Resolves when they are there. Whole or not at all: they are put beside their place, then moved there. */
  install(): Promise<void>
}

/** @param packages as pip names them, each with its version */
export function pythonPackages(packages: readonly string[]): PythonPackages {
  const folder = path.join(CACHE, `python-${packages.join('-').replace(/[^\w.]+/g, '-')}`)
  return {
    folder,
    async install() {
      if (existsSync(folder)) return
      mkdirSync(CACHE, { recursive: true })
      const made = mkdtempSync(`${folder}-`)
      try {
        const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
        await run('python3', [...pip, '--target', made, ...packages], { timeout: INSTALL_LIMIT_MS })
        if (!existsSync(folder)) renameSync(made, folder)
      } finally {
        rmSync(made, { recursive: true, force: true })
      }
    },
  }
}

/** The official clients of the gateway's dialects. */
export const PYTHON_CLIENTS = pythonPackages(['openai==3.57.0', 'anthropic==2.14.0'])

/** What the program prints on stdout, as JSON. Rejects with what it says on stderr where it fails. */
export async function python<T>(program: string, env: { [name: string]: string }): Promise<T> {
  const { stdout } = await run('python3', ['-c', program], {
    env: { PATH: process.env.PATH ?? '', PYTHONPATH: PYTHON_CLIENTS.folder, ...env },
    timeout: 25_000,
  })
  return JSON.parse(stdout) as T
}
