/** The command line as one commander program: what `main.ts` runs, and what the docs are checked against. */
import { Command } from 'commander'
import { version } from './version'

/** By its name, what adds a command to a program. Loading all of them takes most of a second. */
const COMMANDS: { [name: string]: () => Promise<(program: Command) => void> } = {
  up: async () => (await import('./up')).registerUp,
  worker: async () => (await import('./worker')).registerWorker,
  gateway: async () => (await import('./gateway')).registerGateway,
  generate: async () => (await import('./generate')).registerGenerate,
  batch: async () => (await import('./batch')).registerBatch,
  check: async () => (await import('./check')).registerCheck,
  doctor: async () => (await import('./doctor')).registerDoctor,
  list: async () => (await import('./list')).registerList,
  cost: async () => (await import('./cost')).registerCost,
  explain: async () => (await import('./explain')).registerExplain,
  export: async () => (await import('./export')).registerExport,
  replay: async () => (await import('./replay')).registerReplay,
  reenact: async () => (await import('./reenact')).registerReenact,
  circuits: async () => (await import('./circuits')).registerCircuits,
  limits: async () => (await import('./limits')).registerLimits,
  key: async () => (await import('./key')).registerKey,
  budgets: async () => (await import('./budgets')).registerBudgets,
  drill: async () => (await import('./drill')).registerDrill,
  cache: async () => (await import('./cache')).registerCache,
  forget: async () => (await import('./forget')).registerForget,
  encryption: async () => (await import('./encryption')).registerEncryption,
  simulate: async () => (await import('./simulate')).registerSimulate,
  quickstart: async () => (await import('./quickstart')).registerQuickstart,
}

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS)

/**
 * A program that has not parsed anything yet.
 * @param name of the only command that is needed; it has all of them where that is none of its commands, as for its help
 */
export async function createProgram(name?: string): Promise<Command> {
  const program = new Command('holdfast')
    .description('LLM generations that do not get lost')
    .version(version())
    .showHelpAfterError('(see holdfast --help)')
  for (const load of needed(name)) (await load())(program)
  return program
}

function needed(name: string | undefined) {
  if (name === '--version' || name === '-V') return []
  const all = Object.entries(COMMANDS)
  const named = all.filter(([own]) => own === name)
  return (named.length > 0 ? named : all).map(([, load]) => load)
}
