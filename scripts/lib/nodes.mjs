// Other versions of Node, from the npm registry: `node-<platform>-<arch>` in the version of the Node that it holds.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { top } from './install.mjs'
import { runNpm } from './npm.mjs'
import { step } from './say.mjs'

/** The oldest that package.json's `engines` allows, and the newest of each line with long-term support since. */
export const NODES = ['20.18.1', '22.23.3', '24.21.0', '26.12.1']

const cache = path.join(top, '.cache', 'nodes')

/** The program of that version, fetched once into `.cache/nodes/`: whole or not at all. */
export async function nodeOf(version) {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  const folder = path.join(cache, version)
  const program = path.join(folder, 'node_modules', name, 'bin', platform === 'win' ? 'node.exe' : 'node')
  if (existsSync(program)) return program
  mkdirSync(cache, { recursive: true })
  const made = mkdtempSync(path.join(cache, `${version}-`))
  try {
    await step(`fetching Node ${version}`, () =>
      runNpm(['install', '--prefix', made, '--ignore-scripts', `${name}@${version}`], { cwd: made }),
    )
    if (!existsSync(folder)) renameSync(made, folder)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
  return program
}
