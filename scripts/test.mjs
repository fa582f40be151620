// npm test [-- jest arguments], npm run test:long [-- jest arguments]: gets ready what is missing, runs all tests, and
// ends with one line `N passed, N failed[, N skipped]` on stdout. Exit code 0 only if something ran and nothing failed. A jest worker that
// held more than PEAK_MB_MAX counts as one failed test.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { build } from './build.mjs'
import { checkNode, ensureInstalled, top } from './lib/install.mjs'
import { jestArguments } from './lib/jest-arguments.mjs'
import { largestPeak, PEAK_MB_MAX } from './lib/peak-memory.mjs'
import { main, say } from './lib/say.mjs'

let counts = { passed: 0, failed: 1, skipped: 0 }

await main(async () => {
  checkNode()
  await ensureInstalled()
  await build()
  if (!process.env.HOLDFAST_TEST_NO_SERVER) await requireTemporal()
  counts = await jest(jestArguments(process.argv.slice(2)))
})

const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`)
if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1

async function requireTemporal() {
  const { findTemporalCli } = createRequire(import.meta.url)(
    path.join(top, 'dist/src/dev-server/find-cli.js'),
  )
  await findTemporalCli({ onProgress: say })
}

async function jest(args) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'holdfast-test-'))
  const report = path.join(directory, 'report.json')
  const peaks = path.join(directory, 'peaks.jsonl')
  try {
    const code = await runJest([...args, '--json', `--outputFile=${report}`], peaks)
    const counted = count(readReport(report), code)
    return workersAreSmall(peaks) ? counted : { ...counted, failed: counted.failed + 1 }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function workersAreSmall(peaks) {
  const peak = largestPeak(peaks)
  if (peak === null) return true
  const isSmall = peak.peakMb <= PEAK_MB_MAX
  say(
    `${isSmall ? '' : 'FAIL '}Largest jest worker: ${peak.peakMb} MB after ${peak.file} (at most ${PEAK_MB_MAX} MB)`,
  )
  return isSmall
}

function runJest(args, peaks) {
  const program = path.join(top, 'node_modules', 'jest', 'bin', 'jest.js')
  // jest reports to stderr and, with --json, says on stdout where its report went: that line is not ours.
  const child = spawn(process.execPath, [program, ...args], {
    cwd: top,
    stdio: ['inherit', 'ignore', 'inherit'],
    // glibc keeps freed memory in an arena per thread, and Temporal's native runtime has many: two are enough.
    env: { MALLOC_ARENA_MAX: '2', ...process.env, HOLDFAST_TEST_PEAKS: peaks },
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
}

/** A suite that could not run counts as one failed test; so does a jest that failed without saying where. */
function count(report, code) {
  const passed = report?.numPassedTests ?? 0
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
  const failed = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0)
  return { passed, skipped, failed: code === 0 ? failed : Math.max(failed, 1) }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // jest ended before it wrote one: its exit code says the rest.
    return null
  }
}
