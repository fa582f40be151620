/**
 * AWS's signature version 4, checked as its server does: over what has arrived. Written by the description in AWS's
 * reference ("Create a signed AWS API request"), and by nothing of the signer's.
 */
import { createHash, createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** Once more than it came: `%3A` becomes `%253A`, in any service but S3. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)

export interface Received {
  method: string
  /** As it stood in the request line. */
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
}

/** The signature that `secret` makes of this request; compare it with the one that came. */
export function signatures(
  { method, path, headers, body }: Received,
  secret: string,
): { came: string; made: string } {
  const authorization = headers.authorization ?? ''
  const [, scope = '', names = '', came = ''] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
      authorization,
    ) ?? []
  const [day = '', region = '', service = ''] = scope.split('/')
  const url = new URL(path, 'http://host')
  const query = [...url.searchParams].map(([name, value]) => `${encoded(name)}=${encoded(value)}`).sort()
  const signed = names
    .split(';')
    .map((name) => `${name}:${String(headers[name]).trim().replace(/ +/g, ' ')}\n`)
  const canonical = [
    method,
    url.pathname.split('/').map(encoded).join('/'),
    query.join('&'),
    signed.join(''),
    names,
    sha256(body),
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), 'aws4_request')
  return { came, made: hmac(key, toSign).toString('hex') }
}
