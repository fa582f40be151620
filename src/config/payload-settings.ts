/** The config's `payloads`: its shape, what must hold between its fields, and what it is once resolved. */
import path from 'node:path'
import { z } from 'zod'
import * as defaults from './defaults'
import { formatDuration } from './duration'
import { hasBrokenPlaceholder } from './env'
import { bytes, duration, envName } from './fields'
import type { Path, Problem } from './problems'
import { PLACEHOLDER, SECRET } from './rule-texts'
import { holdsKey } from './secrets'
import type { PayloadSettings } from './types'

export const payloadsSchema = z.strictObject({
  store: z
    .enum(['disk', 's3'])
    .optional()
    .describe(
      'disk: a folder that all hosts share. s3: a bucket of S3, or of a server with its protocol. Default disk.',
    ),
  path: z.string().min(1).optional().describe('disk: its folder. Default .holdfast/payloads.'),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, { error: 'not the name of a bucket' })
    .optional()
    .describe('s3: the bucket, which exists.'),
  region: z
    .string()
    .regex(/^(?:[a-z0-9-]+|\$\{\w+\})$/, { error: 'not a region: write it like us-east-1' })
    .optional()
    .describe(`s3: the region that is signed for. May be \${ENV}.`),
  endpoint: z
    .string()
    .min(1)
    .optional()
    .describe(`s3: the URL of a server that is not AWS's. May hold \${ENV}. Default: AWS's of the region.`),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9/_.-]*$/, { error: 'letters, digits and / _ . - only' })
    .optional()
    .describe('s3: before each name. Default holdfast/.'),
  credentialsEnv: z
    .strictObject({
      accessKeyId: envName(),
      secretAccessKey: envName(),
      sessionToken: envName().optional(),
    })
    .optional()
    .describe(
      's3: the environment variables that hold the credentials. Default: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, where it is set, AWS_SESSION_TOKEN.',
    ),
  over: bytes({ atLeast: defaults.MIN_PAYLOAD_OVER })
    .optional()
    .describe('What is larger is stored, e.g. 256KB. Default 256KB.'),
  keepFor: duration()
    .optional()
    .describe(
      'Nothing younger is deleted: as long as the namespace keeps histories, and the longest deadline twice. Default 30d.',
    ),
})

export type FilePayloads = z.output<typeof payloadsSchema>

const OF_STORE = {
  path: 'disk',
  bucket: 's3',
  region: 's3',
  endpoint: 's3',
  prefix: 's3',
  credentialsEnv: 's3',
} as const

/** @param longestDeadlineMs that any route allows */
export function checkPayloads(
  file: FilePayloads | undefined,
  longestDeadlineMs: number,
  at: Path,
): Problem[] {
  if (file === undefined) return []
  const { store = defaults.DEFAULT_PAYLOADS.store, keepFor = defaults.DEFAULT_PAYLOADS.keepForMs } = file
  const problem = (field: string, message: string): Problem => ({ path: [...at, field], message })
  const misplaced = Object.entries(OF_STORE)
    .filter(([field, its]) => Object.hasOwn(file, field) && its !== store)
    .map(([field, its]) => problem(field, `is for store: ${its}; this one is ${store}`))
  const missing =
    store === 's3' ? (['bucket', 'region'] as const).filter((field) => file[field] === undefined) : []
  // A shadow reads its generation's request, and has a deadline of its own.
  const least = 2 * longestDeadlineMs
  return [
    ...misplaced,
    ...missing.map((field) => problem(field, 'is missing')),
    ...endpointProblem(file.endpoint).map((message) => problem('endpoint', message)),
    ...(keepFor < least
      ? [problem('keepFor', `is less than twice the longest deadline, ${formatDuration(least)}`)]
      : []),
  ]
}

function endpointProblem(text: string | undefined): string[] {
  if (text === undefined) return []
  if (hasBrokenPlaceholder(text)) return [PLACEHOLDER]
  if (holdsKey(text)) return [SECRET]
  if (text.startsWith('${')) return []
  const whole = text.replace(/\$\{\w+\}/g, '1')
  if (!URL.canParse(whole)) return ['not a URL: write it like https://minio.example:9000']
  const { protocol, username, password, search, hash } = new URL(whole)
  if (protocol !== 'http:' && protocol !== 'https:') return ['must begin with http:// or https://']
  return username + password + search + hash === '' ? [] : ['has more than host, port and path']
}

/** `checkPayloads` has seen that the fields belong to the store. */
export function resolvePayloads(file: FilePayloads | undefined, dataFolder: string): PayloadSettings | null {
  if (file === undefined) return null
  const base = defaults.DEFAULT_PAYLOADS
  const { store = base.store, over: overBytes = base.overBytes, keepFor: keepForMs = base.keepForMs } = file
  const common = { overBytes, keepForMs }
  if (store === 'disk') return { store, path: file.path ?? path.join(dataFolder, 'payloads'), ...common }
  const { bucket = '', region = '', endpoint = null, prefix = base.prefix } = file
  const env = defaults.DEFAULT_CREDENTIALS_ENV
  const { accessKeyId, secretAccessKey, sessionToken } = file.credentialsEnv ?? env
  const credentialsEnv = {
    accessKeyIdEnv: accessKeyId,
    secretAccessKeyEnv: secretAccessKey,
    sessionTokenEnv: sessionToken ?? null,
  }
  const slashed = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
  return { store, bucket, region, endpoint, prefix: slashed, credentialsEnv, ...common }
}

/** What `up` has where the config names no store. */
export const diskPayloads = (dataFolder: string): PayloadSettings | null => resolvePayloads({}, dataFolder)
