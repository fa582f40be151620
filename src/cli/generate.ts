/** `holdfast generate "prompt"`: one generation, through whatever worker listens. */
import type { Command } from 'commander'
import {
  createHoldfast,
  type GenerateRequest,
  type Generation,
  type Holdfast,
  HoldfastError,
} from '../client'
import { CACHE_CONTROLS, type CacheControl } from '../domain/caching/cache'
import type { Metadata } from '../domain/request/metadata'
import { attemptsTable, seconds } from './attempts-table'
import { pairOption } from './options'

interface Options {
  config?: string
  route: string
  json?: boolean
  idempotencyKey?: string
  /** Not checked yet: the request is, as a whole. */
  cache?: CacheControl
  metadata?: Metadata
}

/** A person at a prompt wonders after so long. */
const STILL_WAITING_MS = 3_000

async function run(
  prompt: string | undefined,
  { config, json, ...fields }: Options,
  command: Command,
): Promise<void> {
  // A script reads stdout: there it is a request without a prompt.
  if (prompt === undefined && !json) command.error("error: missing required argument 'prompt'")
  let holdfast: Holdfast | null = null
  try {
    holdfast = await opened(config)
    const request: GenerateRequest = { ...fields, prompt }
    const { id, webUrl } = await holdfast.start(request)
    const note = setTimeout(() => process.stderr.write(`Waiting for ${id}: ${webUrl}\n`), STILL_WAITING_MS)
    try {
      const generation = await holdfast.result(id)
      process.stdout.write(json ? `${JSON.stringify(generation, null, 2)}\n` : `${generation.text}\n`)
      if (!json) process.stderr.write(summary(generation))
    } finally {
      clearTimeout(note)
    }
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    process.exitCode = 1
    if (json) process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`)
    else process.stderr.write(explain(error))
  } finally {
    await holdfast?.close()
  }
}

/** What is wrong with the config or the connection settings is an error like any other to a script. */
async function opened(config: string | undefined): Promise<Holdfast> {
  try {
    return await createHoldfast(config === undefined ? {} : { config })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new HoldfastError({ kind: 'unavailable', message, accepted: false, cause: error })
  }
}

function summary({ target, attempts, timings, costUsd, webUrl }: Generation): string {
  const cost = costUsd === null ? [] : [`$${costUsd.toFixed(6)}`]
  const calls = `${attempts.length} ${attempts.length === 1 ? 'attempt' : 'attempts'}`
  return `\n${[target, calls, seconds(timings.totalMs), ...cost].join(' · ')}\n${webUrl}\n`
}

function explain(error: HoldfastError): string {
  const table = error.attempts.length === 0 ? '' : `\n${attemptsTable(error.attempts)}\n`
  const retry = error.retryAt === null ? '' : `Another try may succeed from ${error.retryAt.toISOString()}\n`
  const run = error.generationId === null ? '' : `Generation ${error.generationId}\n`
  const link = error.webUrl === null ? '' : `${error.webUrl}\n`
  return `holdfast generate: ${error.kind}: ${error.message}\n${table}${retry}${run}${link}`
}

export function registerGenerate(program: Command): void {
  program
    .command('generate')
    .description('send one prompt and print the answer')
    .usage('[options] <prompt>')
    .argument('[prompt]', 'the prompt')
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .option('--route <route>', 'a route, or a target as provider/model', 'default')
    .option('--idempotency-key <key>', 'the same key and prompt: the same generation')
    .option('--cache <control>', CACHE_CONTROLS.join(', '), 'default')
    .option('--metadata <key=value>', 'beside the request, for no provider; may be repeated', pairOption)
    .option('--json', 'print the whole result')
    .action(run)
}
