/** `holdfast simulate`: the simulator alone, until a signal ends it. */
import { type Command, InvalidArgumentError } from 'commander'
import type { RecordedCall, Simulator } from '../simulator'
import { portOption } from './options'
import { untilSignal } from './signals'

interface Options {
  port: number
  script?: string
  seed: number
  json?: boolean
}

const SNIPPET = (simulator: Simulator) => `providers:
  alpha: { api: openai-chat,        baseUrl: ${simulator.baseUrl('alpha')}, auth: none }
  beta:  { api: anthropic-messages, baseUrl: ${simulator.baseUrl('beta')}, auth: none }
routes:
  default: { candidates: [alpha/model-x, beta/model-y] }
`

const HELP = (simulator: Simulator) => `Simulator: ${simulator.url}
Each name is a provider of its own: ${simulator.baseUrl('alpha')}, ${simulator.baseUrl('beta')}, …

In holdfast.yaml:

${SNIPPET(simulator)}
Steer it:
  curl -X PUT ${simulator.url}/_simulator/script -d '{"alpha": [{"fault": "overloaded", "times": 2}, {}]}'
  curl ${simulator.url}/_simulator/calls
  curl -X POST ${simulator.url}/_simulator/reset
`

/** One line per call. It holds no content and no key. */
function logLine(call: RecordedCall): string {
  const endedAt = call.finishedAt ?? call.abortedAt ?? call.receivedAt
  const how = call.stream ? 'stream' : 'whole'
  const step = call.script === null ? 'default' : `${call.script}[${call.step}]`
  return `#${call.index} ${call.provider}/${call.model} ${call.api} ${how} ${step} -> ${call.status ?? 'no status'} ${call.outcome} in ${endedAt - call.receivedAt} ms\n`
}

function seedOption(text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new InvalidArgumentError('a seed is a whole number of at most nine digits')
  return Number(text)
}

async function run({ port, script, seed, json }: Options): Promise<void> {
  const { loadScript, startSimulator } = await import('../simulator')
  const onFinished = (call: RecordedCall) => process.stderr.write(logLine(call))
  const steps = script === undefined ? {} : { script: await loadScript(script) }
  const simulator = await startSimulator({ port, seed, onFinished, ...steps })
  const { url } = simulator
  const ready = { url, baseUrl: `${url}/<provider>/v1`, control: `${url}/_simulator` }
  const signal = untilSignal()
  process.stdout.write(json ? `${JSON.stringify(ready)}\n` : HELP(simulator))
  await signal
  await simulator.close()
}

/** Adds `simulate` to the CLI. */
export function registerSimulate(program: Command): void {
  program
    .command('simulate')
    .description('run a scripted LLM provider that misbehaves on order')
    .option('--port <port>', 'port to listen on, 0 for a free one', portOption, 4500)
    .option('--script <file>', 'YAML or JSON file of steps by provider or provider/model')
    .option('--seed <number>', 'seed of the latencies', seedOption, 1)
    .option('--json', 'print the URLs as one line of JSON')
    .action(run)
}
