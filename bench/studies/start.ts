/** How long things take to be there: the package's entries, each in a fresh process, and `holdfast up`. */
import { execFile, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { OnProgress } from '../progress'
import { configText, ROUTE } from '../routes'
import type { Setup } from '../setup'
import { median } from '../stats'
import type { Verdict } from '../verdicts'

const IMPORTS = 9
const STARTS = 5
const IMPORT_MS_MAX = 150
const UP_MS_MAX = 1_500

/** Medians, in milliseconds. */
export interface Start {
  /** By entry: `holdfast`, `holdfast/ai`. */
  importMs: { [entry: string]: number }
  /** From the command to its "Holdfast is up.", with no data yet. */
  upFreshMs: number
  /** As upFreshMs, with the data of the run before. */
  upAgainMs: number
}

const SOURCE = path.join(__dirname, '..', '..', 'src')
const ENTRIES = { holdfast: 'index.js', 'holdfast/ai': 'ai.js', 'holdfast/embedded': 'embedded.js' }

export async function measureStart(setup: Setup, onProgress: OnProgress): Promise<Start> {
  const importMs: Start['importMs'] = {}
  for (const [entry, file] of Object.entries(ENTRIES)) {
    onProgress(`importing ${entry}`)
    importMs[entry] = await medianOf(IMPORTS, () => importOnce(path.join(SOURCE, file)))
  }
  const config = path.join(setup.folder, 'start.yaml')
  await writeFile(config, configText(setup, ROUTE))
  const again: number[] = []
  const upFreshMs = await medianOf(STARTS, async (run) => {
    onProgress(`starting \`holdfast up\`: ${run} of ${STARTS}`)
    const data = path.join(setup.folder, `start-${run}`)
    const fresh = await upOnce(config, data)
    again.push(await upOnce(config, data))
    return fresh
  })
  return { importMs, upFreshMs, upAgainMs: median(again) }
}

async function medianOf(times: number, measure: (run: number) => Promise<number>): Promise<number> {
  const measured: number[] = []
  for (let run = 1; run <= times; run += 1) measured.push(await measure(run))
  return median(measured)
}

async function importOnce(file: string): Promise<number> {
  const script = `const at = performance.now(); require(${JSON.stringify(file)}); console.log(performance.now() - at)`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script])
  return Number(stdout)
}

/** Rejects where it ends before it is up. */
async function upOnce(config: string, data: string): Promise<number> {
  const main = path.join(SOURCE, 'cli', 'main.js')
  const ports = ['--port', '0', '--temporal-port', '0', '--ui-port', '0']
  const startedAt = performance.now()
  const child = spawn(process.execPath, [main, 'up', '--config', config, '--data', data, ...ports], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TEMPORAL_ADDRESS: '' },
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  try {
    await new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('Holdfast is up.')) resolve()
      })
      child.once('exit', () => reject(new Error(`holdfast up ended before it was up: ${said.slice(-2_000)}`)))
    })
    return performance.now() - startedAt
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

export const startText = ({ importMs, upFreshMs, upAgainMs }: Start): string =>
  [
    ...Object.entries(importMs).map(([entry, ms]) => `import of ${entry}: ${ms.toFixed(0)} ms`),
    `\`holdfast up\`: ${upFreshMs.toFixed(0)} ms without data, ${upAgainMs.toFixed(0)} ms with the data of a run before`,
  ].join('\n')

export function startVerdicts({ importMs, upFreshMs, upAgainMs }: Start): Verdict[] {
  const client = importMs.holdfast ?? Number.NaN
  const slower = Math.max(upFreshMs, upAgainMs)
  return [
    {
      target: `the client is imported within ${IMPORT_MS_MAX} ms`,
      measured: `${client.toFixed(0)} ms`,
      met: client <= IMPORT_MS_MAX,
    },
    {
      target: `\`holdfast up\` is ready within ${UP_MS_MAX} ms`,
      measured: `${slower.toFixed(0)} ms`,
      met: slower <= UP_MS_MAX,
    },
  ]
}
