// npm run test:nodes [-- VERSION …]: the package as a user gets it, on each supported Node: packed, installed into an empty
// project, and used there (scripts/lib/package-smoke.mjs). The oldest Node installs it: no install script
// runs, so that all of them have the same files. Ends with one line `N passed, N failed`.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { build } from './build.mjs'
import { checkNode, ensureInstalled, top } from './lib/install.mjs'
import { NODES, nodeOf } from './lib/nodes.mjs'
import { runNpm } from './lib/npm.mjs'
import { run } from './lib/run.mjs'
import { main, say, step } from './lib/say.mjs'

const versions = process.argv.length > 2 ? process.argv.slice(2) : NODES
let passed = 0

await main(async () => {
  checkNode()
  await ensureInstalled()
  await build()
  const folder = mkdtempSync(path.join(os.tmpdir(), 'holdfast-nodes-'))
  try {
    const project = await step('installing the package', () => installed(folder))
    for (const version of versions) if (await holds(version, project)) passed += 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

process.stdout.write(`${passed} passed, ${versions.length - passed} failed\n`)
if (passed < versions.length) process.exitCode = 1

/** @returns the folder of a project that has the package, what it depends on, and the program that uses it. */
async function installed(folder) {
  const printed = await runNpm(['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: top })
  const archive = printed.trim().split('\n').at(-1)
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'project', private: true }))
  const node = await nodeOf(NODES[0])
  await runNpm(['install', '--ignore-scripts', '--prefer-offline', `./${archive}`], {
    cwd: folder,
    node,
  })
  copyFileSync(path.join(top, 'scripts', 'lib', 'package-smoke.mjs'), path.join(folder, 'smoke.mjs'))
  return folder
}

async function holds(version, project) {
  try {
    const node = await nodeOf(version)
    const { loadedMs, upMs, warnings } = JSON.parse(
      await step(`Node ${version}`, () => run(node, ['smoke.mjs'], { cwd: project })),
    )
    say(`  entries load in ${loadedMs} ms, up after ${upMs} ms`)
    for (const warning of warnings) say(`  warned: ${warning}`)
    return true
  } catch (error) {
    say(`FAIL Node ${version}: ${error.message}`)
    return false
  }
}
