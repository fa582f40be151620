/** The whole command line as one commander program: what `main.ts` runs, and what the docs are checked against. */
import { Command } from 'commander'
import { registerBatch } from './batch'
import { registerBudgets } from './budgets'
import { registerCache } from './cache'
import { registerCheck } from './check'
import { registerCircuits } from './circuits'
import { registerCost } from './cost'
import { registerDoctor } from './doctor'
import { registerDrill } from './drill'
import { registerEncryption } from './encryption'
import { registerExplain } from './explain'
import { registerExport } from './export'
import { registerForget } from './forget'
import { registerGateway } from './gateway'
import { registerGenerate } from './generate'
import { registerKey } from './key'
import { registerLimits } from './limits'
import { registerList } from './list'
import { registerQuickstart } from './quickstart'
import { registerReenact } from './reenact'
import { registerReplay } from './replay'
import { registerSimulate } from './simulate'
import { registerUp } from './up'
import { version } from './version'
import { registerWorker } from './worker'

/** A program that has not parsed anything yet. */
export function createProgram(): Command {
  const program = new Command('holdfast')
    .description('LLM generations that do not get lost')
    .version(version())
    .showHelpAfterError('(see holdfast --help)')
  for (const register of [
    registerUp,
    registerWorker,
    registerGateway,
    registerGenerate,
    registerBatch,
    registerCheck,
    registerDoctor,
    registerList,
    registerCost,
    registerExplain,
    registerExport,
    registerReplay,
    registerReenact,
    registerCircuits,
    registerLimits,
    registerKey,
    registerBudgets,
    registerDrill,
    registerCache,
    registerForget,
    registerEncryption,
    registerSimulate,
    registerQuickstart,
  ])
    register(program)
  return program
}
