/**
 * After each test file: the most memory that this jest worker has held so far, appended to HOLDFAST_TEST_PEAKS.
 * `scripts/lib/peak-memory.mjs` reads it. A worker is a process of its own; where jest runs the tests itself,
 * there is none to measure.
 */
import { appendFileSync, readFileSync } from 'node:fs'

const report = process.env.HOLDFAST_TEST_PEAKS
const isWorker = process.send !== undefined

if (report && isWorker && process.platform === 'linux') {
  afterAll(() => {
    const peakKb = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    const file = expect.getState().testPath
    appendFileSync(report, `${JSON.stringify({ pid: process.pid, file, peakMb: Number(peakKb) / 1024 })}\n`)
  })
}
