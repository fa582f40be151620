/**
 * The workflow bundle: built ahead for production, built once and kept where the sources are TypeScript.
 *
 * Invariant WORKFLOW-BUNDLE-1: a kept bundle is used only while every file that went into it is unchanged.
 */
import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import type { WorkerOptions } from '@temporalio/worker'
import { withEncodedFailures } from './codec/sandbox-failures'
import { changesBundle, encodesFailures, type WorkerSeams } from './options'

export interface WorkflowBundle {
  codePath: string
}

/** The package's top: this file stands in `src/temporal`, or in `dist/src/temporal` once built. */
const TOP = path.resolve(__dirname, '..', '..')
/** The workflows' code of earlier releases. */
export const RELEASES = path.join(TOP, 'workflows', 'releases')
const BUILT = !__filename.endsWith('.ts')

/** Only the workflows, to be bundled with a user's own. */
export const WORKFLOWS = path.join(TOP, 'workflows', BUILT ? 'index.js' : 'index.ts')

/** The failure converter that a bundle made ahead has, for `bundledSource` to turn on. */
export const SANDBOX_FAILURES = path.join(__dirname, 'codec', `sandbox-failures${BUILT ? '.js' : '.ts'}`)

/** Their modules keep nothing (test/architecture.test.ts), so a worker loads them once rather than once a generation. */
export const PRELOADED: readonly string[] = [WORKFLOWS]

/**
 * @returns the bundle that was built ahead; where something of the user's stands in the sandbox beside the workflows,
 *   what the worker is to bundle at its start, which takes some seconds
 * @throws Error as `workflowBundle`
 */
export const workflowSource = async (
  seams: WorkerSeams = {},
): Promise<Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'bundlerOptions'>> =>
  changesBundle(seams)
    ? { workflowsPath: WORKFLOWS, bundlerOptions: { preloadModules: [...PRELOADED] } }
    : encodesFailures(seams)
      ? bundledSource(readFileSync((await workflowBundle()).codePath, 'utf8'), seams)
      : { workflowBundle: await workflowBundle() }

/** @param code of a bundle that was built ahead, of this version or an earlier one */
export const bundledSource = (
  code: string,
  seams: WorkerSeams = {},
): Required<Pick<WorkerOptions, 'workflowBundle'>> => ({
  workflowBundle: { code: encodesFailures(seams) ? withEncodedFailures(code) : code },
})

/**
 * @returns the bundle of `workflows/index.ts`, for `Worker.create({ workflowBundle })`
 * @throws Error when the production bundle was not built, or the sources don't bundle
 */
export async function workflowBundle(): Promise<WorkflowBundle> {
  if (!BUILT) return keptBundle(WORKFLOWS)
  const codePath = path.join(TOP, 'workflow-bundle.js')
  if (!existsSync(codePath))
    throw new Error(`There is no workflow bundle at ${codePath}: run \`npm run build\``)
  return { codePath }
}

const CACHE = path.join(TOP, 'node_modules', '.cache', 'holdfast')
/** A bundle that was replaced may still be about to be loaded by another process: but not for this long. */
const REPLACED_KEPT_MS = 3_600_000

/** Bundles `workflowsPath`, or returns the bundle kept in `directory` while its sources are the same (WORKFLOW-BUNDLE-1). */
export async function keptBundle(workflowsPath: string, directory = CACHE): Promise<WorkflowBundle> {
  const name = path.join(directory, `workflows-${sha256(workflowsPath).slice(0, 16)}`)
  const kept = readKept(`${name}.json`)
  if (kept) return { codePath: kept }
  const fresh = `${name}-${randomUUID()}.js`
  const begunAt = Date.now()
  const inputs = await bundle(workflowsPath, fresh)
  // WORKFLOW-BUNDLE-1: of a file that was changed meanwhile nobody knows which of the two went in.
  const endedAt = Date.now()
  const changed = inputs.some((file) => isBetween(statSync(file).mtimeMs, begunAt, endedAt))
  if (changed) {
    rmSync(fresh, { force: true })
    return keptBundle(workflowsPath, directory)
  }
  const codePath = `${name}-${sha256(readFileSync(fresh)).slice(0, 16)}.js`
  renameSync(fresh, codePath)
  const manifest: Manifest = { codePath, installed: installed(), inputs: hashes(inputs) }
  writeFileSync(`${fresh}on`, JSON.stringify(manifest))
  renameSync(`${fresh}on`, `${name}.json`)
  dropReplaced(directory, codePath)
  return { codePath }
}

const isBetween = (at: number, from: number, to: number): boolean => at >= from && at <= to

function dropReplaced(directory: string, current: string): void {
  for (const file of readdirSync(directory).map((entry) => path.join(directory, entry))) {
    const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (file.endsWith('.js') && file !== current && age > REPLACED_KEPT_MS) rmSync(file, { force: true })
  }
}

/** @returns the files of this project that went into the bundle. */
async function bundle(workflowsPath: string, outFile: string): Promise<string[]> {
  const program = path.join(TOP, 'scripts', 'lib', 'bundle.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, [program, workflowsPath, outFile], {
    maxBuffer: 16 * 1024 * 1024,
  })
  return JSON.parse(stdout)
}

interface Manifest {
  codePath: string
  installed: string
  inputs: Record<string, string>
}

function readKept(manifest: string): string | null {
  if (!existsSync(manifest)) return null
  const { codePath, installed: then, inputs }: Manifest = JSON.parse(readFileSync(manifest, 'utf8'))
  if (then !== installed() || !existsSync(codePath)) return null
  const same = Object.entries(inputs).every(
    ([file, hash]) => existsSync(file) && sha256(readFileSync(file)) === hash,
  )
  return same ? codePath : null
}

/** npm's own record of what is installed: another SDK version makes another bundle. */
function installed(): string {
  const record = path.join(TOP, 'node_modules', '.package-lock.json')
  return existsSync(record) ? sha256(readFileSync(record)) : ''
}

const hashes = (files: string[]): Record<string, string> =>
  Object.fromEntries(files.map((file) => [file, sha256(readFileSync(file))]))

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
