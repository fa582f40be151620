// What has to be there before anything else runs: a Node that is new enough, and the packages of the lock file.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runNpm } from './npm.mjs'
import { fail, step } from './say.mjs'

export const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')

const readJson = (...names) => JSON.parse(readFileSync(path.join(top, ...names), 'utf8'))

/** Throws a sentence that helps when this Node is older than package.json requires. */
export function checkNode(version = process.versions.node) {
  const wanted = readJson('package.json').engines.node.replace('>=', '')
  if (isOlder(version, wanted))
    throw fail(
      `Holdfast needs Node ${wanted} or newer; this is Node ${version}. Get a newer one at nodejs.org.`,
    )
}

function isOlder(version, wanted) {
  const [have, want] = [version, wanted].map((text) => text.split('.').map(Number))
  const at = want.findIndex((part, index) => part !== have[index])
  return at >= 0 && have[at] < want[at]
}

/** Installs exactly what the lock file says, unless that is what is there. Install scripts are not needed, so none run. */
export async function ensureInstalled() {
  if (isInstalled()) return
  // Not `npm ci`: it refuses a lock file that lacks the optional binaries of other platforms, and it first
  // deletes what others may be running from. That the outcome is the lock file's is checked here instead.
  await step('installing packages', () => runNpm(['install', '--no-save', '--ignore-scripts'], { cwd: top }))
  if (!isInstalled())
    throw fail('What npm installed is not what package-lock.json says: delete node_modules and try again.')
}

/** npm writes down what it installed, last of all: a broken-off install has no such record. */
function isInstalled() {
  if (!existsSync(path.join(top, 'node_modules', '.package-lock.json'))) return false
  const there = readJson('node_modules', '.package-lock.json').packages
  return Object.entries(readJson('package-lock.json').packages).every(([name, wanted]) => {
    if (name === '' || (!there[name] && wanted.optional)) return true
    return there[name]?.version === wanted.version && there[name].integrity === wanted.integrity
  })
}
