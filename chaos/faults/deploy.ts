/** A rolling deploy of a build whose workflows differ: workers are replaced one by one, while generations run. */

import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Cluster } from '../cluster/cluster'
import { argsOf, MAIN } from '../cluster/holdfast'
import { TOP } from '../top'
import type { Fault } from './types'

const CHANGED = path.join(TOP, 'test', 'fixtures', 'builds', 'changed.ts')
const DRAIN_LIMIT_MS = 60_000

/** The package as it would be with other workflows. @returns its program */
async function otherBuild(folder: string): Promise<string> {
  const other = path.join(folder, 'other-build')
  const dist = path.join(other, 'dist')
  const main = path.join(dist, path.relative(path.join(TOP, 'dist'), MAIN))
  if (existsSync(main)) return main
  mkdirSync(other, { recursive: true })
  cpSync(path.join(TOP, 'dist'), dist, { recursive: true })
  cpSync(path.join(TOP, 'package.json'), path.join(other, 'package.json'))
  symlinkSync(path.join(TOP, 'node_modules'), path.join(other, 'node_modules'))
  const bundle = path.join(TOP, 'scripts', 'lib', 'bundle.mjs')
  await promisify(execFile)(process.execPath, [bundle, CHANGED, path.join(dist, 'workflow-bundle.js')], {
    cwd: TOP,
  })
  return main
}

async function replaceWorkers({ workers, configFile }: Cluster, main: string): Promise<void> {
  for (const worker of workers) {
    await worker.stop(DRAIN_LIMIT_MS)
    const { port } = new URL(worker.url)
    await worker.start({ args: argsOf('worker', configFile, Number(port), main) })
  }
}

export const deploy: Fault = {
  name: 'deploy',
  what: 'a build whose workflows differ is deployed, worker by worker',
  holdMs: 0,
  losesCommits: false,
  async prepare({ folder }) {
    await otherBuild(folder)
  },
  restore: (cluster) => replaceWorkers(cluster, MAIN),
  async begin(cluster) {
    const main = await otherBuild(cluster.folder)
    return () => replaceWorkers(cluster, main)
  },
}
