/**
 * The workflow code of other builds: those of earlier releases come with the package, those of this host's or cluster's
 * earlier deploys stand in a folder (`up --data`, HOLDFAST_BUILDS). A run that is pinned to one goes on with it.
 *
 * KEPT-BUILDS-1 A file is used only if its code has the name that it bears: a cut or changed one is none.
 * KEPT-BUILDS-2 A file is written whole or not at all: several processes may share the folder.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { bareCode, buildIdOf, withSourceMap } from './build-id'

export interface KeptBuilds {
  /** The code of a build, for a worker; null: it is not kept. */
  find(buildId: string): string | null
  /** Writes this build's code into the folder, where there is one. */
  keep(buildId: string, bundle: string): void
  /** Removes what no run needs any longer, but for files younger than an hour: their runs may be about to begin. */
  prune(needed: ReadonlySet<string>): void
}

export const NOTHING_KEPT: KeptBuilds = {
  find: () => null,
  keep: () => undefined,
  prune: () => undefined,
}

/** `0.1.0-<build>.js.gz` of a release, `<build>.js.gz` in a folder. */
const FILE = /^(?:.*-)?([0-9a-f]{12})\.js\.gz$/
const YOUNG_MS = 3_600_000

/**
 * @param released the package's folder of earlier releases; read only
 * @param folder of this host or cluster. null: none
 */
export function keptBuilds(released: string, folder: string | null): KeptBuilds {
  const folders = folder === null ? [released] : [folder, released]
  return {
    find(buildId) {
      for (const file of folders.flatMap(filesIn)) {
        if (FILE.exec(path.basename(file))?.[1] !== buildId) continue
        const code = readCode(file)
        // KEPT-BUILDS-1
        if (code !== null && buildIdOf(code) === buildId) return withSourceMap(code)
      }
      return null
    },
    keep(buildId, bundle) {
      if (folder === null || this.find(buildId) !== null) return
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const next = path.join(folder, `.${randomUUID()}`)
      // KEPT-BUILDS-2
      writeFileSync(next, gzipSync(bareCode(bundle)), { mode: 0o600 })
      renameSync(next, path.join(folder, `${buildId}.js.gz`))
    },
    prune(needed) {
      if (folder === null) return
      for (const file of filesIn(folder)) {
        const buildId = FILE.exec(path.basename(file))?.[1]
        if (buildId === undefined || needed.has(buildId)) continue
        const modifiedAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
        if (Date.now() - modifiedAt > YOUNG_MS) rmSync(file, { force: true })
      }
    },
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => path.join(folder, name))
  } catch {
    // It is made when there is something to keep.
    return []
  }
}

function readCode(file: string): string | null {
  try {
    return gunzipSync(readFileSync(file)).toString()
  } catch {
    return null
  }
}
