/**
 * Requests of an object store, whose bodies are bytes. Nothing is retried; what is no 2xx is a value, what is no response throws.
 *
 * OBJECTS-1 Each request is signed by AWS's own signer, the body by its SHA-256.
 */
import { createHash } from 'node:crypto'
import type { AwsIdentity } from './aws-signature'
import { createDispatcher } from './dispatcher'

const SERVICE = 's3'
const CONNECT_LIMIT_MS = 5_000

export interface ObjectRequest {
  method: 'GET' | 'PUT' | 'DELETE' | 'POST'
  /** http or https, absolute; its path and query are encoded. */
  url: URL
  body?: Uint8Array | undefined
  headers?: { [name: string]: string } | undefined
}

export interface ObjectResponse {
  status: number
  body: Buffer
}

/** `send` rejects where there was no whole response. */
export interface ObjectClient {
  send(request: ObjectRequest, identity: AwsIdentity, signal: AbortSignal): Promise<ObjectResponse>
}

export function createObjectClient(env: { [name: string]: string | undefined }): ObjectClient {
  const dispatcher = createDispatcher({ env, ca: undefined, connectLimitMs: CONNECT_LIMIT_MS })
  return {
    async send({ method, url, body, headers = {} }, identity, signal) {
      const signed = await signedForS3({ method, url, body, headers }, identity)
      const { statusCode, body: response } = await dispatcher.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers: signed,
        body: body === undefined ? null : Buffer.from(body.buffer, body.byteOffset, body.byteLength),
        signal,
      })
      return { status: statusCode, body: Buffer.from(await response.arrayBuffer()) }
    },
  }
}

/** OBJECTS-1 */
async function signedForS3(
  { method, url, body, headers = {} }: ObjectRequest,
  { region, accessKeyId, secretAccessKey, sessionToken }: AwsIdentity,
): Promise<{ [name: string]: string }> {
  const { SignatureV4 } = await import('@smithy/signature-v4')
  const { Sha256 } = await import('@smithy/core/checksum')
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) }
  const signer = new SignatureV4({
    service: SERVICE,
    region,
    credentials,
    sha256: Sha256,
    uriEscapePath: false,
  })
  const hash = createHash('sha256')
    .update(body ?? '')
    .digest('hex')
  const signed = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...headers, host: url.host, 'x-amz-content-sha256': hash },
  })
  return signed.headers
}
