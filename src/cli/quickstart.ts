/**
 * `holdfast quickstart`: one prompt past a failing provider, through a real Temporal server, a real worker
 * and real HTTP. With a key in the environment the real providers are called, else the simulator.
 */
import type { Command } from 'commander'
import type { Generation } from '../client'
import { type Config, loadConfig, parseConfig, unusableProviders } from '../config'
import { createLogger } from '../telemetry'
import { type Closers, closeAll } from '../util/close-all'
import { attemptsTable, seconds } from './attempts-table'
import { type EmbeddedPorts, embeddedPorts, portOption } from './options'
import { untilSignal } from './signals'

interface Options extends EmbeddedPorts {
  keep?: boolean
}

const PROMPT = 'In one sentence: why do durable workflows survive a crash?'

const SIMULATED_ANSWER =
  'Because every step that is done stands in a log, and whoever picks the work up reads the log and goes on from there.'

/** openai refuses twice in two ways and a third time for good; anthropic answers. */
const SCRIPT = {
  openai: [{ status: 529 }, { status: 429, retryAfter: '1' }, { status: 529 }],
  anthropic: [{ answer: SIMULATED_ANSWER, latency: '250ms' }],
}

const simulatedConfig = (url: string) => `
providers:
  openai:    { api: openai-chat,        baseUrl: ${url}/openai/v1,    auth: none }
  anthropic: { api: anthropic-messages, baseUrl: ${url}/anthropic/v1, auth: none }
routes:
  default:
    candidates: [openai/gpt-6.1-sol, anthropic/claude-sonnet-5-5]
    retry: { maximumAttempts: 3, initialInterval: 200ms }
`

const say = (line = ''): boolean => process.stdout.write(`${line}\n`)

/** One line per step: its name when it begins, its time when it has ended. */
async function step<T>(name: string, act: () => Promise<T>): Promise<T> {
  const beganAt = Date.now()
  process.stdout.write(`  ${name} … `)
  try {
    const done = await act()
    say(seconds(Date.now() - beganAt))
    return done
  } catch (error) {
    say('failed')
    throw error
  }
}

async function run(prompt: string, options: Options): Promise<void> {
  const closers: Closers = []
  try {
    await show(prompt, options, closers)
  } finally {
    await closeAll(closers)
  }
}

async function show(prompt: string, options: Options, closers: Closers): Promise<void> {
  const { env } = process
  const builtIn = await loadConfig({ env })
  const real = unusableProviders(builtIn, env).length < Object.keys(builtIn.providers).length
  const config = real ? builtIn : await step('Simulator (no provider key is set)', () => simulated(closers))

  const { startEmbedded } = await import('../worker/embedded')
  const { holdfast, temporal, server, close } = await step(
    'Temporal server with its Web UI, and a worker',
    () =>
      startEmbedded({
        config,
        env,
        logger: createLogger({ level: 'silent' }),
        server: {
          ...embeddedPorts(options),
          onProgress: (message) => process.stdout.write(`\n    ${message} … `),
        },
      }),
  )
  closers.push(close)

  say(`\nPrompt: ${prompt}\n`)
  const { id, webUrl } = await holdfast.start({ prompt })
  say(`Watch it: ${webUrl}\n`)
  const generation = await step('Generation', () => holdfast.result(id))
  report(generation, real)
  if (!options.keep) {
    say('\nThe server ends with this command; --keep leaves everything up.')
    return
  }
  say(`\nEverything is up (Temporal at ${temporal.address}, Web UI at ${server?.uiUrl}). Ctrl-C ends it.`)
  await untilSignal()
}

async function simulated(closers: Closers): Promise<Config> {
  const { startSimulator } = await import('../simulator')
  const simulator = await startSimulator({ script: SCRIPT })
  closers.push(() => simulator.close())
  return parseConfig(simulatedConfig(simulator.url), 'quickstart')
}

function report({ text, target, attempts, timings, costUsd, webUrl }: Generation, real: boolean): void {
  const calling = attempts.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const waiting = attempts.reduce((sum, { retryInMs }) => sum + (retryInMs ?? 0), 0)
  const own = Math.max(0, timings.totalMs - calling - waiting)
  say(`\nAnswer (${target}${real ? '' : ', simulated'}):\n  ${text}\n`)
  say(attemptsTable(attempts))
  say(
    `Time: ${seconds(timings.totalMs)} in all = ${seconds(calling)} in calls + ${seconds(waiting)} in waits` +
      ` + ${seconds(own)} in Temporal and Holdfast${costUsd === null ? '' : `. Cost: $${costUsd.toFixed(6)}`}`,
  )
  say(`Web UI: ${webUrl}`)
  if (!real)
    say('\nWith real providers: OPENAI_API_KEY=… ANTHROPIC_API_KEY=… npm run quickstart -- "Your prompt"')
}

export function registerQuickstart(program: Command): void {
  program
    .command('quickstart')
    .description('see one prompt answered although its first provider fails')
    .argument('[prompt]', 'the prompt', PROMPT)
    .option('--keep', 'leave everything up until Ctrl-C')
    .option('--temporal-port <port>', "Temporal's gRPC port", portOption, 7233)
    .option('--ui-port <port>', "Temporal's Web UI port", portOption, 8233)
    .action(run)
}
