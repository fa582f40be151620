/** A program of others, installed by npm into a folder that is kept: it is large, and the same for every run. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const CACHE = path.join(__dirname, '..', '..', '.cache')

/** Where the packages of this program are; `install` resolves once they are there. */
export function installedProgram(name: string, version: string) {
  const ready = path.join(CACHE, `${name.replace(/^@[^/]+\//, '')}-${version}`)
  return {
    modules: path.join(ready, 'node_modules'),
    /** Whole or not at all: it is made beside its place, then moved there. */
    async install(): Promise<void> {
      if (existsSync(ready)) return
      mkdirSync(CACHE, { recursive: true })
      const made = mkdtempSync(`${ready}-`)
      try {
        const quietly = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
        await promisify(execFile)('npm', ['install', '--prefix', made, ...quietly, `${name}@${version}`])
        if (!existsSync(ready)) renameSync(made, ready)
      } finally {
        rmSync(made, { recursive: true, force: true })
      }
    },
  }
}
