/** The whole command line as one commander program: what `main.ts` runs, and what the docs are checked against. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { registerCache } from './cache'
import { registerCheck } from './check'
import { registerCircuits } from './circuits'
import { registerGenerate } from './generate'
import { registerQuickstart } from './quickstart'
import { registerSimulate } from './simulate'
import { registerUp } from './up'
import { registerWorker } from './worker'

/** dist/src/cli/program.js and src/cli/program.ts stand at different depths. */
function version(): string {
  for (let folder = __dirname; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
      if (name === 'holdfast') return version
    } catch {
      // Not here: one folder up.
    }
  }
  return 'unknown'
}

/** A program that has not parsed anything yet. */
export function createProgram(): Command {
  const program = new Command('holdfast')
    .description('LLM generations that do not get lost')
    .version(version())
    .showHelpAfterError('(holdfast --help tells more)')
  for (const register of [
    registerUp,
    registerWorker,
    registerGenerate,
    registerCheck,
    registerCircuits,
    registerCache,
    registerSimulate,
    registerQuickstart,
  ])
    register(program)
  return program
}
