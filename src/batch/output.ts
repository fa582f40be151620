/**
 * The result file: one line for each line of the input, in its order, only ever appended to.
 *
 * OUTPUT-1 It belongs to one input, byte for byte: the ids in its lines say so. Any other file is left
 *    untouched.
 * OUTPUT-2 A line that a kill or a full disk has cut is taken off; the whole ones before it stay as they are.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, writeFileSync } from 'node:fs'
import { BatchError } from './errors'
import { type Line, readLines, textOf } from './lines'
import { isCutLine, type ResultLine, readResultLine } from './result-line'
import type { Task } from './task'

export interface Paired {
  task: Task
  /** Of an earlier run; null: there is none. */
  old: ResultLine | null
  /** Up to here the file is whole, in bytes. */
  wholeTo: number
}

/** Each task with its line in `file`, as far as there are lines. Throws BatchError where it is another input's (OUTPUT-1). */
export async function* paired(tasks: AsyncIterable<Task>, file: string): AsyncGenerator<Paired> {
  const lines = existingLines(file)
  let wholeTo = 0
  let known = true
  try {
    for await (const task of tasks) {
      const line: Line | null = known ? await nextOf(lines) : null
      if (line?.closed) {
        const old = readOld(line, task)
        if (old === null) throw notOurs(file, `line ${line.number} is not this input's`)
        wholeTo = line.endsAt
        yield { task, old, wholeTo }
      } else {
        known = false
        if (line !== null && !isCutLine(line.bytes ?? Buffer.alloc(0), task))
          throw notOurs(file, `line ${line.number} is not this input's`)
        yield { task, old: null, wholeTo }
      }
    }
    if (known && (await nextOf(lines)) !== null) throw notOurs(file, 'it has more lines than the input')
  } finally {
    await lines.return(undefined)
  }
}

const nextOf = async (lines: AsyncGenerator<Line>): Promise<Line | null> => {
  const next = await lines.next()
  return next.done ? null : next.value
}

function readOld({ bytes }: Line, task: Task): ResultLine | null {
  const text = bytes === null ? null : textOf(bytes)
  return text === null ? null : readResultLine(text, task)
}

const notOurs = (file: string, why: string): BatchError =>
  new BatchError(
    `${file} is not a result of this input: ${why}. Name another file, or remove it; if the input was edited, it is a new batch`,
  )

async function* existingLines(file: string): AsyncGenerator<Line> {
  try {
    yield* readLines(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

export interface Output {
  append(text: string): void
  close(): void
}

/** Takes off what stands behind `wholeTo` bytes (OUTPUT-2), and appends there. */
export function openOutput(file: string, wholeTo: number): Output {
  const fd = openSync(file, 'a')
  ftruncateSync(fd, wholeTo)
  return {
    // The whole text, however often the system takes a part of it.
    append: (text) => writeFileSync(fd, text),
    close() {
      fsyncSync(fd)
      closeSync(fd)
    },
  }
}
