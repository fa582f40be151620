/**
 * AWS's signature (version 4) by AWS's own signer, which is loaded by the first request that needs it.
 *
 * AWS-SIGNATURE-1 It covers the body's bytes, the path as it is sent, the query, the host, the type of the body and AWS's own
 *    headers. Any other header may be changed by a proxy on the way.
 */
import type { HttpRequest } from './types'

/** Bedrock's name in signatures, whatever the host is called. */
const SERVICE = 'bedrock'

export interface AwsIdentity {
  accessKeyId: string
  secretAccessKey: string
  /** Of temporary credentials. */
  sessionToken: string | null
  region: string
}

/** `now`: epoch milliseconds; AWS takes it for so long as its own clock is less than five minutes off. */
export async function signedByAws(
  request: HttpRequest,
  { region, accessKeyId, secretAccessKey, sessionToken }: AwsIdentity,
  now: number,
): Promise<HttpRequest> {
  const { SignatureV4 } = await import('@smithy/signature-v4')
  const { Sha256 } = await import('@smithy/core/checksum')
  const headers = { 'content-type': 'application/json', ...lowerCase(request.headers) }
  const url = new URL(request.url)
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) }
  const signer = new SignatureV4({ service: SERVICE, region, credentials, sha256: Sha256 })
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...covered(headers), host: url.host },
      body: request.body,
    },
    { signingDate: new Date(now) },
  )
  return { ...request, headers: { ...headers, ...signed.headers } }
}

const lowerCase = (headers: HttpRequest['headers']): HttpRequest['headers'] =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

/** AWS-SIGNATURE-1 */
const covered = (headers: HttpRequest['headers']): HttpRequest['headers'] =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => name === 'content-type' || name.startsWith('x-amz-')),
  )
