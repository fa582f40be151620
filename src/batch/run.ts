/**
 * A batch from input to result: what is done already is kept, the rest is generated, many at once.
 *
 * RUN-1 The result is the same whether the command ran once or was killed in between: each line once, in
 *    order.
 * RUN-2 One command at a time writes a result file.
 */
import { renameSync, statSync } from 'node:fs'
import type { InternalHoldfast } from '../client/internal'
import { lockOwner } from '../dev-server/owner-lock'
import { BatchError } from './errors'
import { createGenerate } from './generate'
import { inOrder, type Limits } from './in-order'
import { isBlank, readLines, scan } from './lines'
import { type Output, openOutput, paired } from './output'
import type { Progress } from './progress'
import type { ResultLine } from './result-line'
import { createTasks, type Task } from './task'

export interface BatchOptions {
  input: string
  output: string
  open: InternalHoldfast['open']
  /** Generations at once. */
  concurrency: number
  /** Of each generation whose line names none, as text. */
  deadline?: string | undefined
  /** Lines that failed in an earlier run are tried again. */
  retryFailed: boolean
  /** Aborted: no more lines are begun, and what is under way is left to Temporal. */
  signal: AbortSignal
  /** Called once, when the input has been read; the object changes as the batch goes on. */
  onBegin(progress: Readonly<Progress>): void
}

export interface BatchSummary {
  /** SHA-256 of the input. */
  hash: string
  lines: number
  answered: number
  failed: number
  /** Of an earlier run. */
  kept: number
  /** Does the result have all lines? */
  complete: boolean
}

/** So many lines may wait for a slow one before them, for each one in flight. */
const AHEAD_PER_CALL = 20
const AHEAD_BYTES = 64 * 1024 * 1024

const limitsOf = (concurrency: number): Limits => ({
  inFlight: concurrency,
  ahead: concurrency * AHEAD_PER_CALL,
  aheadBytes: AHEAD_BYTES,
})

/** Rejects with BatchError, or with what the file system says. */
export async function runBatch(options: BatchOptions): Promise<BatchSummary> {
  const { output } = options
  const lockFile = `${output}.lock`
  // RUN-2
  const taken = lockOwner(lockFile)
  if (!taken.ok)
    throw new BatchError(
      `${output} is being written by process ${taken.ownerPid}. If that is no holdfast batch, remove ${lockFile}`,
    )
  try {
    return await run(options)
  } finally {
    taken.lock.release()
  }
}

async function run(options: BatchOptions): Promise<BatchSummary> {
  const { input, output, concurrency, retryFailed, signal } = options
  const version = versionOf(input)
  const { hash, lines } = await scan(input)
  const progress: Progress = { total: lines, done: 0, kept: 0, failed: 0, inFlight: 0, waiting: null }
  options.onBegin(progress)
  const tally = { answered: 0, failed: 0, kept: 0 }
  const count = ({ failed }: ResultLine): void => {
    tally[failed ? 'failed' : 'answered'] += 1
  }
  const generate = createGenerate({
    open: options.open,
    signal,
    now: Date.now,
    onOutage: (reason) => {
      progress.waiting = reason
    },
  })
  const act = async (task: Task): Promise<ResultLine> => {
    progress.inFlight += 1
    try {
      const line = await generate(task)
      done(line)
      return line
    } finally {
      progress.inFlight -= 1
    }
  }
  const done = ({ failed }: ResultLine): void => {
    progress.done += 1
    if (failed) progress.failed += 1
  }

  // Made beside the old result, and put in its place when it is whole.
  const target = retryFailed ? `${output}.retry` : output
  const tasks = tasksOf(options, hash)
  let wholeTo = 0
  async function* toDo(): AsyncGenerator<Task> {
    for await (const pair of paired(retryFailed ? withAnswers(tasks, output) : tasks, target)) {
      wholeTo = pair.wholeTo
      if (pair.old === null) yield pair.task
      else {
        tally.kept += 1
        progress.kept += 1
        count(pair.old)
        done(pair.old)
      }
    }
  }

  let file: Output | null = null
  try {
    const limits = limitsOf(concurrency)
    for await (const line of inOrder(toDo(), { act, sizeOf: ({ text }) => text.length, limits, signal })) {
      file ??= openOutput(target, wholeTo)
      file.append(line.text)
      count(line)
    }
    // An input without lines has a result without lines.
    file ??= openOutput(target, wholeTo)
  } finally {
    file?.close()
  }
  if (versionOf(input) !== version)
    throw new BatchError(
      `${input} was changed meanwhile: ${target} has lines of both. Remove it and begin anew`,
    )
  const complete = tally.answered + tally.failed === lines
  if (complete && retryFailed) renameSync(target, output)
  return { hash, lines, ...tally, complete }
}

async function* tasksOf({ input, deadline }: BatchOptions, hash: string): AsyncGenerator<Task> {
  const read = createTasks({ hash, deadline })
  for await (const line of readLines(input)) if (!isBlank(line)) yield read(line)
}

/** What was answered in `file` is known; the rest is to be generated. */
async function* withAnswers(tasks: AsyncIterable<Task>, file: string): AsyncGenerator<Task> {
  for await (const { task, old } of paired(tasks, file))
    yield old === null || old.failed ? task : { ...task, work: { type: 'known', line: old } }
}

const versionOf = (file: string): string => {
  const { size, mtimeMs } = statSync(file)
  return `${size} ${mtimeMs}`
}
