// npm run bench [-- options]: gets ready what is missing, then becomes the benchmark.
import { existsSync } from 'node:fs'
import Module from 'node:module'
import path from 'node:path'
import { build } from './build.mjs'
import { checkNode, ensureInstalled, top } from './lib/install.mjs'
import { run } from './lib/run.mjs'
import { main, step } from './lib/say.mjs'

const dist = path.join(top, 'dist')

await main(async () => {
  checkNode()
  await ensureInstalled()
  await build()
  await bundleFloor()
  process.argv.splice(1, 1, path.join(dist, 'bench', 'main.js'))
  Module.runMain()
})

/** A fresh build has a fresh dist/, without this bundle. */
async function bundleFloor() {
  const out = path.join(dist, 'bench-floor-bundle.js')
  if (existsSync(out)) return
  const program = path.join(top, 'scripts', 'lib', 'bundle.mjs')
  await step("bundling the floor's workflow", () =>
    run(process.execPath, [program, path.join(top, 'bench', 'floor', 'workflow.ts'), out], { cwd: top }),
  )
}
