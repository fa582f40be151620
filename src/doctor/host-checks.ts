/** This machine: Node, the folder of `up`. And a gateway, where its URL is given. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import path from 'node:path'
import type { Context } from './context'
import { sizeText } from './sizes'
import { type Check, type CheckFinding, error, ok, skipped, warn } from './types'

/** `engines` of package.json. */
export const OLDEST_NODE = '20.18.1'
/** Ends of security fixes: https://github.com/nodejs/Release#release-schedule, 2026-11-28. */
const ENDED: { [major: number]: string } = { 20: '2026-04-30', 21: '2024-06-01', 23: '2025-06-01' }
/** What `npm run test:nodes` runs and that is not ended. */
const SUGGESTED = 24

/** @param version as `process.versions.node`. */
export function nodeFinding(version: string): CheckFinding {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0, oldestPatch = 0] = OLDEST_NODE.split('.').map(Number)
  const older = (major - oldestMajor || minor - oldestMinor || patch - oldestPatch) < 0
  const fix = `run Node ${SUGGESTED}, which the image has`
  if (older) return error(`Node ${version}; ${OLDEST_NODE} or newer is needed`, fix)
  const endedAt = ENDED[major]
  return endedAt === undefined
    ? ok(`Node ${version}`)
    : warn(`Node ${version} gets no security fixes since ${endedAt}`, fix)
}

const MIN_FREE_BYTES = 1024 ** 3
const NO_FREE_BYTES = 100 * 1024 ** 2
/** Of the group and of others. */
const NOT_OWNERS = 0o077
const STICKY = 0o1000

async function data({ dataFolder }: Context): Promise<CheckFinding[]> {
  const folder = path.resolve(dataFolder)
  if (!existsSync(folder)) return [skipped(`${folder} does not exist: \`up\` makes it`)]
  const files = readdirSync(folder).filter((name) => name.startsWith('temporal.'))
  const database = files.includes('temporal.db')
  const readableByOthers = files.filter((name) => (statSync(path.join(folder, name)).mode & NOT_OWNERS) !== 0)
  const { mode } = statSync(folder)
  const open = database && (mode & NOT_OWNERS) !== 0 && (mode & STICKY) === 0 ? [folder] : []
  const usedBytes = files.reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0)
  const { bavail, bsize } = await statfs(folder)
  const freeBytes = bavail * bsize
  const found = `${folder}: ${sizeText(usedBytes)} used by Temporal, ${sizeText(freeBytes)} free`
  const space = 'free space there, or name another folder: holdfast up --data FOLDER'
  return [
    freeBytes < NO_FREE_BYTES
      ? error(`${found}: soon nothing can be accepted any longer`, space)
      : freeBytes < MIN_FREE_BYTES
        ? warn(found, space)
        : ok(found),
    ...[...open, ...readableByOthers.map((name) => path.join(folder, name))].map((name) =>
      warn(`${name} can be read by others, and prompts and answers stand in it`, `chmod go= ${name}`),
    ),
  ]
}

const GATEWAY_LIMIT_MS = 3_000

async function gateway({ gateway: url }: Context): Promise<CheckFinding> {
  if (url === undefined)
    return skipped('no gateway was named', 'holdfast doctor --gateway http://127.0.0.1:4400')
  const base = url.replace(/\/+$/, '')
  const startedAt = performance.now()
  try {
    const response = await fetch(`${base}/readyz`, {
      signal: AbortSignal.timeout(GATEWAY_LIMIT_MS),
      redirect: 'error',
    })
    const body = parsed(await response.text())
    const tookMs = Math.round(performance.now() - startedAt)
    if (typeof body !== 'object' || body === null || !('ok' in body))
      return error(
        `what answers at ${hostOf(base)} (${response.status}) is no gateway of Holdfast`,
        'correct --gateway',
      )
    const reason = 'reason' in body && typeof body.reason === 'string' ? body.reason : null
    const draining = 'draining' in body ? 'it drains' : 'it is not ready'
    return response.ok
      ? ok(`${hostOf(base)} is ready, by its answer after ${tookMs} ms`)
      : error(
          `${hostOf(base)}: ${reason === null ? draining : reason.split(': ')[0]}`,
          reason?.split(': ')[1] ?? 'wait for its end, and start it again',
        )
  } catch (thrown) {
    return error(
      `${hostOf(base)} did not answer: ${causeOf(thrown)}`,
      'start it (holdfast gateway, or holdfast up), or correct --gateway',
    )
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Whatever else stands in a URL may be a secret. */
const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'the gateway')

/** By its fields: an error of `fetch` may come from another realm, as it does in a test runner. */
function causeOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('name' in thrown)) return 'unknown'
  if (thrown.name === 'TimeoutError') return `no answer within ${GATEWAY_LIMIT_MS / 1_000} s`
  const cause = 'cause' in thrown ? thrown.cause : null
  if (typeof cause === 'object' && cause !== null)
    return 'code' in cause ? String(cause.code) : 'a redirect, or no HTTP'
  // Its text may hold the whole URL.
  return thrown.name === 'TypeError' ? 'it is no URL of a gateway, as http://host:port' : String(thrown.name)
}

export const HOST_CHECKS: readonly Check[] = [
  { id: 'host.node', run: async () => nodeFinding(process.versions.node) },
  { id: 'host.data', run: data },
]

export const GATEWAY_CHECKS: readonly Check[] = [{ id: 'gateway.ready', run: gateway }]
