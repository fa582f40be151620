/** A batch's result file: in order, complete, the same after any interruption. The generations are made up here. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { type BatchOptions, type BatchSummary, runBatch } from '../../src/batch'
import { HoldfastError } from '../../src/client'
import type { InternalHoldfast } from '../../src/client/internal'
import { batchLine, batchText, customIdOf, resultsOf } from '../helpers/batch'

let folder: string
let files = 0
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-batch-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
const newFile = (content?: string): string => {
  files += 1
  const file = path.join(folder, `${files}.jsonl`)
  if (content !== undefined) writeFileSync(file, content)
  return file
}

const failure = (kind: 'all_failed' | 'unavailable', id = ''): HoldfastError =>
  new HoldfastError({ kind, message: `made up: ${kind}`, accepted: true, generationId: id })

interface FakeClient {
  open: InternalHoldfast['open']
  /** The ids that were generated, in order. */
  prompts: string[]
}

const noneFails = (_id: string): boolean => false

/** `turns`: how often the n-th one waits for the others. `fails`: which lines do. */
function madeUp({
  turns = [0],
  fails = noneFails,
}: {
  turns?: number[]
  fails?: (id: string) => boolean
} = {}): FakeClient {
  const prompts: string[] = []
  const open: InternalHoldfast['open'] = async (_request, { id = '' } = {}) => {
    prompts.push(id)
    const waits = turns[(prompts.length - 1) % turns.length] ?? 0
    const result = async () => {
      for (let turn = 0; turn < waits; turn += 1) await new Promise(setImmediate)
      if (fails(id)) throw failure('all_failed', id)
      return {
        id,
        route: 'default',
        text: `answer to ${id}`,
        toolCalls: [],
        finishReason: { unified: 'stop', raw: 'stop' },
        usage: null,
        target: 'alpha/model-a',
        served: 'provider',
        attempts: [],
        costUsd: null,
        timings: { startedAt: 0, finishedAt: 0, totalMs: 0 },
        output: undefined,
        webUrl: '',
      } as const
    }
    return {
      id,
      webUrl: '',
      startedAt: 0,
      shared: false,
      result: result as never,
      events: () => ({}) as never,
      cancel: async () => undefined,
    }
  }
  return { open, prompts }
}

const run = (
  options: Pick<BatchOptions, 'input' | 'output' | 'open'> & Partial<BatchOptions>,
): Promise<BatchSummary> =>
  runBatch({
    concurrency: 4,
    retryFailed: false,
    signal: new AbortController().signal,
    onBegin: () => undefined,
    ...options,
  })

const turnsOf = fc.array(fc.nat(6), { minLength: 1, maxLength: 20 })
const endsWith3 = (id: string): boolean => id.endsWith('3')

describe('the result of a batch', () => {
  it('is the same, cut anywhere and gone on with, as without a break; what is there is not called again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 30 }),
        turnsOf,
        turnsOf,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 40 }),
        async (lines, turns, laterTurns, share, concurrency) => {
          const input = newFile(`\uFEFF${batchText(lines)}\r\nnot JSON\r\n`)
          const [whole, cut] = [newFile(), newFile()]
          await run({ input, output: whole, concurrency, ...madeUp({ turns, fails: endsWith3 }) })
          const expected = readFileSync(whole)
          expect(resultsOf(whole).map(({ custom_id }) => custom_id)).toEqual([
            ...Array.from({ length: lines }, (_, index) => customIdOf(index + 1)),
            null,
          ])
          copyFileSync(whole, cut)
          truncateSync(cut, Math.floor(expected.length * share))
          const kept = resultsOf(cut).length
          const again = madeUp({ turns: laterTurns, fails: endsWith3 })
          const summary = await run({ input, output: cut, concurrency, open: again.open })
          expect(readFileSync(cut).equals(expected)).toBe(true)
          expect(summary).toMatchObject({ lines: lines + 1, kept, complete: true })
          expect(again.prompts).toHaveLength(Math.max(0, lines - kept))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('stopped in the middle has the first lines whole; run again it is complete', async () => {
    const input = newFile(batchText(30))
    const output = newFile()
    const stop = new AbortController()
    const { open, prompts } = madeUp({ turns: [1, 3, 2] })
    const stopping: InternalHoldfast['open'] = (request, internal) => {
      if (prompts.length === 12) stop.abort()
      return open(request, internal)
    }
    const first = await run({ input, output, open: stopping, signal: stop.signal })
    expect(first.complete).toBe(false)
    expect(resultsOf(output)).toHaveLength(first.answered)
    expect(prompts.length).toBeLessThan(18)
    const second = await run({ input, output, open })
    expect(second).toMatchObject({ complete: true, answered: 30, kept: first.answered })
    expect(resultsOf(output).map(({ custom_id }) => custom_id)).toEqual(
      Array.from({ length: 30 }, (_, index) => customIdOf(index + 1)),
    )
  })

  it('has a line for each invalid one, and for each generation that failed', async () => {
    const lines = [
      batchLine(1),
      'oops',
      { ...batchLine(2), url: '/v1/embeddings' },
      batchLine(1),
      batchLine(3),
      batchLine(4, { stream: true }),
    ]
    const input = newFile(
      lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
    )
    const output = newFile()
    const made = madeUp({ fails: (id) => id.endsWith('-5') })
    expect(await run({ input, output, ...made })).toMatchObject({ lines: 6, answered: 1, failed: 5 })
    const results = resultsOf(output).map(({ custom_id, response, error }) => [
      custom_id,
      response?.status_code,
      error?.code,
    ])
    expect(results).toEqual([
      ['request-1', 200, undefined],
      [null, undefined, 'invalid_line'],
      ['request-2', undefined, 'invalid_line'],
      ['request-1', undefined, 'invalid_line'],
      ['request-3', 503, 'all_failed'],
      ['request-4', 400, 'invalid_request'],
    ])
    expect(made.prompts).toHaveLength(2)
  })

  it('keeps lines that failed, until --retry-failed: then only they are sent again', async () => {
    const input = newFile(batchText(6))
    const output = newFile()
    await run({ input, output, ...madeUp({ fails: (id) => /-[25]$/.test(id) }) })
    const same = madeUp()
    expect(await run({ input, output, ...same })).toMatchObject({ answered: 4, failed: 2, kept: 6 })
    expect(same.prompts).toEqual([])
    const again = madeUp({ fails: (id) => id.endsWith('-5') })
    expect(await run({ input, output, retryFailed: true, ...again })).toMatchObject({
      answered: 5,
      failed: 1,
    })
    expect(again.prompts.map((id) => id.slice(-2))).toEqual(['-2', '-5'])
    expect(resultsOf(output).map(({ error }) => error === null)).toEqual([
      true,
      true,
      true,
      true,
      false,
      true,
    ])
    expect(existsSync(`${output}.retry`)).toBe(false)
  })

  it('of another input, or no result at all, is refused and left as it was', async () => {
    const input = newFile(batchText(3))
    const other = newFile(batchText(4))
    const output = newFile()
    await run({ input: other, output, ...madeUp() })
    for (const content of [
      readFileSync(output, 'utf8'),
      'a letter\n',
      'a letter without an end',
      batchText(3),
    ]) {
      const file = newFile(content)
      await expect(run({ input, output: file, ...madeUp() })).rejects.toThrow('is not a result of this input')
      expect(readFileSync(file, 'utf8')).toBe(content)
    }
    await expect(run({ input, output: input, ...madeUp() })).rejects.toThrow('is not a result of this input')
  })

  it('is written by one command at a time; a dead one’s lock is taken over', async () => {
    const input = newFile(batchText(2))
    const output = newFile()
    writeFileSync(`${output}.lock`, JSON.stringify({ ownerPid: process.ppid, serverPid: 0 }))
    await expect(run({ input, output, ...madeUp() })).rejects.toThrow(`process ${process.ppid}`)
    writeFileSync(`${output}.lock`, JSON.stringify({ ownerPid: 2 ** 30, serverPid: 0 }))
    expect(await run({ input, output, ...madeUp() })).toMatchObject({ complete: true })
    expect(existsSync(`${output}.lock`)).toBe(false)
  })

  it('is no result where the input changed meanwhile', async () => {
    const input = newFile(batchText(3))
    const { open } = madeUp()
    const changing: InternalHoldfast['open'] = (request, internal) => {
      writeFileSync(input, batchText(2))
      return open(request, internal)
    }
    await expect(run({ input, output: newFile(), open: changing, concurrency: 1 })).rejects.toThrow(
      'was changed meanwhile',
    )
  })
})

describe('Temporal', () => {
  it('out of reach from the first line on ends the batch at once, and no line has failed', async () => {
    const output = newFile()
    const open = () => Promise.reject(failure('unavailable'))
    await expect(run({ input: newFile(batchText(5)), output, open })).rejects.toThrow('made up: unavailable')
    expect(resultsOf(output)).toEqual([])
  })

  it('that goes away later is waited for, and the progress says so', async () => {
    const { open, prompts } = madeUp()
    let away = 2
    const waits: (string | null)[] = []
    const shaky: InternalHoldfast['open'] = (request, internal) => {
      if (prompts.length < 3 || away === 0) return open(request, internal)
      away -= 1
      return Promise.reject(failure('unavailable'))
    }
    const onBegin: BatchOptions['onBegin'] = (progress) =>
      Object.defineProperty(progress, 'waiting', { get: () => null, set: (reason) => waits.push(reason) })
    const output = newFile()
    const summary = await run({ input: newFile(batchText(6)), output, open: shaky, concurrency: 2, onBegin })
    expect(summary).toMatchObject({ answered: 6, failed: 0 })
    expect([waits[0], waits.at(-1)]).toEqual(['made up: unavailable', null])
  }, 15_000)

  it('away while the command is stopped does not hold it up, and is no error', async () => {
    const { open, prompts } = madeUp()
    const stop = new AbortController()
    const gone: InternalHoldfast['open'] = (request, internal) =>
      prompts.length < 3 ? open(request, internal) : Promise.reject(failure('unavailable'))
    const onBegin: BatchOptions['onBegin'] = (progress) =>
      Object.defineProperty(progress, 'waiting', { set: () => stop.abort() })
    const input = newFile(batchText(6))
    const summary = await run({ input, output: newFile(), open: gone, signal: stop.signal, onBegin })
    expect(summary).toMatchObject({ answered: 3, failed: 0, complete: false })
  })
})
