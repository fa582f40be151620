/** `holdfast batch IN.jsonl OUT.jsonl`: many generations, in OpenAI's batch format. */
import { type Command, InvalidArgumentError } from 'commander'
import type { BatchSummary, ProgressView } from '../batch'
import { createInternalHoldfast } from '../client/internal'
import { parseDuration } from '../config'
import { untilSignal } from './signals'

interface Options {
  config?: string
  concurrency: number
  deadline?: string
  retryFailed?: boolean
  json?: boolean
}

/** Exit codes, so that a script can distinguish the outcomes. */
const EXIT = { answered: 0, someFailed: 1, notRun: 2, stopped: 130 } as const

/** As many as a small server takes without a queue; a provider's own limits are often lower. */
const CONCURRENCY = 50
/** Temporal's client has a stream open for each. */
const CONCURRENCY_MAX = 2_000

async function run(input: string, output: string, options: Options): Promise<void> {
  const { config, json = false, concurrency, deadline, retryFailed = false } = options
  const { runBatch, showProgress } = await import('../batch')
  const stop = new AbortController()
  untilSignal().then(() => stop.abort())
  let view: ProgressView | null = null
  try {
    const holdfast = await createInternalHoldfast(config === undefined ? {} : { config })
    const startedAt = Date.now()
    const summary = await runBatch({
      input,
      output,
      open: holdfast.open,
      concurrency,
      deadline,
      retryFailed,
      signal: stop.signal,
      onBegin: (progress) => {
        view = showProgress(process.stderr, progress)
      },
    })
    stopView(view)
    await holdfast.close()
    const tookMs = Date.now() - startedAt
    end(
      json ? JSON.stringify({ input, output, ...summary, tookMs }, null, 2) : summaryText(summary, output),
      exitCodeOf(summary),
    )
  } catch (error) {
    stopView(view)
    const message = error instanceof Error ? error.message : String(error)
    if (json) end(JSON.stringify({ error: { message } }, null, 2), EXIT.notRun)
    else process.stderr.write(`holdfast batch: ${message}\n`, () => process.exit(EXIT.notRun))
  }
}

const stopView = (view: ProgressView | null): void => view?.stop()

/** What is under way is left to Temporal; the waits for it would keep the process up. */
const end = (text: string, code: number): void => {
  process.stdout.write(`${text}\n`, () => process.exit(code))
}

function exitCodeOf({ complete, failed }: BatchSummary): number {
  if (!complete) return EXIT.stopped
  return failed > 0 ? EXIT.someFailed : EXIT.answered
}

function summaryText({ lines, answered, failed, kept, complete }: BatchSummary, output: string): string {
  const before = kept === 0 ? '' : ` (${kept} by an earlier run)`
  const counts = `${answered} of ${lines} lines answered, ${failed} failed${before}: ${output}`
  if (!complete)
    return `${counts}\nStopped. What was begun goes on in Temporal; the same command goes on from here and pays for nothing twice`
  return failed > 0 ? `${counts}\nThe same command with --retry-failed asks those that failed again` : counts
}

function concurrencyOption(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || count > CONCURRENCY_MAX)
    throw new InvalidArgumentError(`a whole number from 1 to ${CONCURRENCY_MAX}`)
  return count
}

function deadlineOption(text: string): string {
  if (parseDuration(text) === null) throw new InvalidArgumentError('a duration, such as 30m or 24h')
  return text
}

export function registerBatch(program: Command): void {
  program
    .command('batch')
    .description("answer a file of requests in OpenAI's batch format; run again, it goes on where it stopped")
    .argument('<input>', 'JSON lines: { custom_id, method, url, body }')
    .argument('<output>', 'the results, one line for each, in the same order')
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .option('--concurrency <number>', 'generations at once', concurrencyOption, CONCURRENCY)
    .option(
      '--deadline <duration>',
      "of each generation, within the route's maxDeadline, e.g. 24h",
      deadlineOption,
    )
    .option('--retry-failed', 'ask lines that failed in an earlier run again')
    .option('--json', 'print the summary as JSON')
    .action(run)
}
