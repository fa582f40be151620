/**
 * In a bucket of S3, or of a server with its protocol: an object per payload, `<prefix>/<folder>/<hash>`.
 *
 * PAYLOAD-S3-1 What may pass (no answer, 429, 5xx) is tried again, a few times: objects are named by their bytes, so
 *    that a second PUT is the first one's.
 * PAYLOAD-S3-2 Old objects go by the bucket's own lifecycle rule: a sweep would list all of it (docs/payloads.md).
 */
import { setTimeout as pause } from 'node:timers/promises'
import { createObjectClient, type ObjectRequest, type ObjectResponse } from '../../http/objects'
import { expiryOf } from './s3-lifecycle'
import { type ObjectStore, PayloadStoreError } from './types'

export interface S3Place {
  bucket: string
  region: string
  /** Its server, where it is not AWS's; its objects are then named by path. */
  endpoint: string | null
  /** Before each name; ends with a slash, or is empty. */
  prefix: string
}

export interface S3Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string | null
}

/** PAYLOAD-S3-1: the pauses before the second and the third try. */
const PAUSES_MS = [200, 1_000]
/** What ListObjectsV2 returns at most. */
const PAGE = 1_000

export function s3Objects(
  { bucket, region, endpoint, prefix }: S3Place,
  credentials: S3Credentials,
  env: { [name: string]: string | undefined },
): ObjectStore {
  const place = `the payload store in S3 (bucket ${bucket}${endpoint === null ? '' : ` at ${endpoint}`})`
  const client = createObjectClient(env)
  const identity = { ...credentials, region }
  const base =
    endpoint === null
      ? new URL(`https://${bucket}.s3.${region}.amazonaws.com/`)
      : new URL(`${endpoint.replace(/\/+$/, '')}/${encodeURIComponent(bucket)}/`)
  const urlOf = (key: string): URL => new URL(encoded(`${prefix}${key}`), base)

  /** PAYLOAD-S3-1 */
  async function send(request: ObjectRequest, signal: AbortSignal): Promise<ObjectResponse> {
    for (let tried = 0; ; tried += 1) {
      const pauseMs = PAUSES_MS[tried]
      try {
        const response = await client.send(request, identity, signal)
        if (!mayPass(response.status)) return response
        if (pauseMs === undefined)
          throw new PayloadStoreError('unavailable', `${place} answers ${said(response)}`)
      } catch (error) {
        if (pauseMs === undefined || signal.aborted) throw error
      }
      await pause(pauseMs, undefined, { signal })
    }
  }

  const refused = (response: ObjectResponse): PayloadStoreError =>
    new PayloadStoreError('refused', `${place} refuses: ${said(response)}`)

  async function list(folder: string, signal: AbortSignal): Promise<string[]> {
    const url = new URL(base)
    url.search = new URLSearchParams({
      'list-type': '2',
      'max-keys': String(PAGE),
      prefix: `${prefix}${folder}/`,
    })
      .toString()
      .replaceAll('+', '%20')
    const response = await send({ method: 'GET', url }, signal)
    if (response.status !== 200) throw refused(response)
    return [...response.body.toString('utf8').matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key)
  }

  return {
    name: 'holdfast.s3',
    place,
    async write(key, bytes, signal) {
      const response = await send({ method: 'PUT', url: urlOf(key), body: bytes }, signal)
      if (response.status !== 200) throw refused(response)
    },
    async read(key, signal) {
      const response = await send({ method: 'GET', url: urlOf(key) }, signal)
      if (response.status === 404 && !response.body.includes('NoSuchBucket')) return null
      if (response.status !== 200) throw refused(response)
      return response.body
    },
    async expiry(signal) {
      const url = new URL('?lifecycle', base)
      const response = await send({ method: 'GET', url }, signal)
      const text = response.body.toString('utf8')
      if (response.status === 404 && text.includes('NoSuchLifecycleConfiguration')) return NEVER
      if (response.status !== 200) throw refused(response)
      return expiryOf(text, prefix, Date.now())
    },
    async removeFolder(folder, signal) {
      let removed = 0
      // Each page is gone before the next is read.
      for (let keys = await list(folder, signal); keys.length > 0; keys = await list(folder, signal)) {
        for (const key of keys) {
          const url = new URL(encoded(key), base)
          const response = await send({ method: 'DELETE', url }, signal)
          if (response.status !== 204 && response.status !== 200 && response.status !== 404)
            throw refused(response)
        }
        removed += keys.length
      }
      return removed
    },
  }
}

const NEVER = { firstMs: null, allMs: null }

const mayPass = (status: number): boolean => status === 429 || status >= 500

/** Keys hold what a prefix may: each part as it is sent, and signed. */
const encoded = (key: string): string =>
  key
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replace(
        /[!'()*]/g,
        (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join('/')

/** S3's own code says more than a status: AccessDenied, NoSuchBucket, SignatureDoesNotMatch. */
const said = ({ status, body }: ObjectResponse): string => {
  const code = /<Code>([A-Za-z0-9.]{1,100})<\/Code>/.exec(body.subarray(0, 4_096).toString('utf8'))?.[1]
  return code === undefined ? `HTTP ${status}` : `HTTP ${status} ${code}`
}
