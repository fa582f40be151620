/** A batch whose command and whose workers are killed with SIGKILL while it runs: processes, and a real server. */
import { startSimulator } from '../../src/simulator'
import { batchText, customIdOf, promptOf, resultsOf } from './batch'
import { type Command, commands } from './commands'
import { until } from './processes'
import { ownTaskQueue, testServer } from './temporal'

const configText = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
defaults: { circuit: false }
routes:
  default:
    candidates: [alpha/model-a]
    deadline: 5m
    # A machine with much to do is late with heartbeats: no worker that lives may count as lost.
    timeouts: { workerLost: 5s }
    retry: { maximumAttempts: 2, initialInterval: 50ms }
`

const WORKERS = 2
/** So long that calls are in flight when a worker is killed. */
const LATENCY = '150ms'
/** In place of a line's number. */
const NOT_OURS = 0
const WAIT_MS = 600_000

export interface KilledBatch {
  lines: number
  concurrency: number
  /** When so many calls were made, a worker is killed, and another one started in its place. */
  workersDieAt: readonly number[]
  /** When the result has so many lines, the command is killed, and run again. */
  commandDiesAt: readonly number[]
}

export interface Survived {
  exitCode: number | NodeJS.Signals
  summary: { [name: string]: unknown }
  results: ReturnType<typeof resultsOf>
  /** Lines of the result when the command was killed. */
  killedAt: number[]
  /** How often each line was sent to the provider, by line from 1. */
  calls: Map<number, number>
}

export async function runKilledBatch(scenario: KilledBatch): Promise<Survived> {
  const { address, namespace } = testServer()
  const env = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    HOLDFAST_TASK_QUEUE: ownTaskQueue('batch'),
  }
  const simulator = await startSimulator()
  const host = commands()
  try {
    simulator.script('alpha', [{ answer: 'done', latency: LATENCY }])
    const config = host.file('holdfast.yaml', configText(simulator.url))
    const input = host.file('in.jsonl', batchText(scenario.lines))
    const output = `${host.folder}/out.jsonl`
    const startWorker = async (): Promise<Command> => {
      const worker = host.run(['worker', '--config', config], env)
      await worker.says(/Worker ready/)
      return worker
    }
    const startBatch = (): Command =>
      host.run(
        ['batch', input, output, '--config', config, '--json', '--concurrency', String(scenario.concurrency)],
        env,
      )
    const workers = await Promise.all(Array.from({ length: WORKERS }, startWorker))
    let command = startBatch()

    const killWorkers = async (): Promise<void> => {
      for (const calls of scenario.workersDieAt) {
        await simulator.waitForCalls(calls, {}, WAIT_MS)
        const worker = workers.shift()
        worker?.kill('SIGKILL')
        await worker?.exited
        workers.push(await startWorker())
      }
    }
    const killedAt: number[] = []
    const killCommand = async (): Promise<void> => {
      for (const lines of scenario.commandDiesAt) {
        await until(`${lines} results`, () => resultsOf(output).length >= lines, WAIT_MS)
        command.kill('SIGKILL')
        await command.exited
        killedAt.push(resultsOf(output).length)
        command = startBatch()
      }
    }
    await Promise.all([killWorkers(), killCommand()])
    const exitCode = await command.exited
    const calls = new Map<number, number>()
    const lineOf = new Map(Array.from({ length: scenario.lines }, (_, at) => [promptOf(at + 1), at + 1]))
    for (const { body } of simulator.calls()) {
      const line = lineOf.get(promptIn(body)) ?? NOT_OURS
      calls.set(line, (calls.get(line) ?? 0) + 1)
    }
    return {
      exitCode,
      summary: JSON.parse(command.stdout() || '{}'),
      results: resultsOf(output),
      killedAt,
      calls,
    }
  } finally {
    await host.close()
    await simulator.close()
  }
}

const promptIn = (body: unknown): string => {
  const { messages } = body as { messages: { content: string }[] }
  return messages.at(-1)?.content ?? ''
}

/** What holds after any such batch. */
export function expectComplete({ lines, concurrency, workersDieAt }: KilledBatch, survived: Survived): void {
  const { exitCode, summary, results, killedAt, calls } = survived
  expect({ exitCode, ...summary }).toMatchObject({
    exitCode: 0,
    lines,
    answered: lines,
    failed: 0,
    complete: true,
  })
  expect(summary.kept).toBe(killedAt.at(-1))
  expect(results.map(({ custom_id }) => custom_id)).toEqual(
    Array.from({ length: lines }, (_, at) => customIdOf(at + 1)),
  )
  expect(results.every(({ response }) => response?.body.choices?.[0]?.message.content === 'done')).toBe(true)
  // Only what a worker had in hand when it died was called again: whether its call was paid for, nobody can know.
  const lostCalls = results.map(
    ({ response }) =>
      response?.body.holdfast?.attempts.filter(({ failure }) => failure?.class === 'worker_lost').length ?? 0,
  )
  const callsOf = results.map((_, at) => calls.get(at + 1) ?? 0)
  expect(callsOf.filter((count, at) => count < 1 || count > 1 + (lostCalls[at] ?? 0))).toEqual([])
  expect(calls.get(NOT_OURS) ?? 0).toBe(0)
  expect(lostCalls.filter((count) => count > 0).length).toBeLessThanOrEqual(concurrency * workersDieAt.length)
}
