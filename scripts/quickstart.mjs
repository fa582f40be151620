// npm run quickstart: from a fresh clone to a running demonstration. Gets ready what is missing, then becomes the CLI.
import Module from 'node:module'
import path from 'node:path'
import { build } from './build.mjs'
import { checkNode, ensureInstalled, top } from './lib/install.mjs'
import { main } from './lib/say.mjs'

await main(async () => {
  checkNode()
  await ensureInstalled()
  await build()
  // In this same process: signals, the terminal and the exit code need no passing on.
  process.argv.splice(1, 1, path.join(top, 'dist', 'src', 'cli', 'main.js'), 'quickstart')
  Module.runMain()
})
