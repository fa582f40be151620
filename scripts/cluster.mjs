// npm run cluster [-- options]: gets ready what is missing, then becomes the cluster. Its server programs are found, and not installed.
import Module from 'node:module'
import path from 'node:path'
import { build } from './build.mjs'
import { checkNode, ensureInstalled, top } from './lib/install.mjs'
import { main } from './lib/say.mjs'

await main(async () => {
  checkNode()
  await ensureInstalled()
  await build()
  // In this same process: signals and the exit code need no passing on.
  process.argv.splice(1, 1, path.join(top, 'dist', 'chaos', 'cluster', 'main.js'))
  Module.runMain()
})
