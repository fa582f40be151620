/**
 * `POST /codec/decode` and `/codec/encode`: Temporal's remote codec, by which its Web UI and its CLI show what the keys have
 * encrypted (https://docs.temporal.io/production-deployment/data-encryption, 2026-11-28).
 *
 * GATEWAY-CODEC-1 It takes a key to operate with, as `Authorization: Bearer`; or a gateway on loopback that has no keys.
 * GATEWAY-CODEC-2 Pages of one origin may read it, the Web UI's, whatever `--cors-origin` says. A request from any other is refused.
 * GATEWAY-CODEC-3 A payload that can't be decrypted comes back as it was: one of another key hides no history.
 */

import type { Payload, PayloadCodec } from '@temporalio/common'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { webUiOf } from '../client/web-url'
import type { Env } from '../config'
import { readEncryptionKeys } from '../encryption'
import { checked } from '../request'
import { payloadCodec } from '../temporal/codec/payload-codec'
import type { TemporalOptions } from '../temporal/connection'
import { HttpProblem, mayNotOperate } from './problems'

export const CODEC = '/codec/'

/** A batch of a history's events has 4 MiB at most, which is 5.4 in base64. */
export const CODEC_BODY_BYTES = 8 * 1024 ** 2
const PAYLOADS_MAX = 10_000

export interface RemoteCodec {
  codec: PayloadCodec
  /** Of the Web UI: `https://temporal.example.com`. */
  origin: string
}

/** null: there are no keys. HOLDFAST_UI_URL says where the Web UI is. Throws EncryptionKeysError. */
export function remoteCodecOf(temporal: TemporalOptions, env: Env): RemoteCodec | null {
  const keys = readEncryptionKeys(env)
  const base = webUiOf(temporal, env)
  return keys === null || !URL.canParse(base)
    ? null
    : { codec: payloadCodec(keys), origin: new URL(base).origin }
}

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'is no base64')
const codecBody = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), base64).optional(), data: base64.nullish() }))
    .max(PAYLOADS_MAX),
})
type JsonPayload = z.infer<typeof codecBody>['payloads'][number]

export function registerCodec(app: FastifyInstance, { codec }: RemoteCodec): void {
  const options = { bodyLimit: CODEC_BODY_BYTES }
  app.post(`${CODEC}decode`, options, (request) => answered(request, async (one) => decoded(codec, one)))
  app.post(`${CODEC}encode`, options, (request) =>
    answered(request, async (one) => (await codec.encode([one]))[0] ?? one),
  )
}

/** Throws HttpProblem. */
async function answered(
  { requestContext, body }: FastifyRequest,
  change: (payload: Payload) => Promise<Payload>,
): Promise<{ payloads: JsonPayload[] }> {
  if (!requestContext.operates) throw mayNotOperate()
  const { payloads } = checked(codecBody, body)
  return { payloads: await Promise.all(payloads.map(async (one) => toJson(await change(fromJson(one))))) }
}

/** GATEWAY-CODEC-3 */
const decoded = async (codec: PayloadCodec, payload: Payload): Promise<Payload> =>
  (await codec.decode([payload]).catch(() => [payload]))[0] ?? payload

const fromJson = ({ metadata = {}, data }: JsonPayload): Payload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata).map(([name, text]) => [name, Buffer.from(text, 'base64')]),
  ),
  ...(data == null ? {} : { data: Buffer.from(data, 'base64') }),
})

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const toJson = ({ metadata, data }: Payload): JsonPayload => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, bytes]) => [name, textOf(bytes)])),
  ...(data == null ? {} : { data: textOf(data) }),
})

/** True: it was a preflight, and is answered. Throws HttpProblem (GATEWAY-CODEC-2). */
export function answerCodecCors(
  { headers, method }: FastifyRequest,
  reply: FastifyReply,
  remote: RemoteCodec | null,
): boolean {
  const { origin } = headers
  reply.header('vary', 'origin')
  if (origin === undefined) return false
  if (remote === null || origin !== remote.origin)
    throw new HttpProblem(
      403,
      'forbidden_origin',
      `Pages of ${remote?.origin ?? 'no origin'} alone may use the codec: HOLDFAST_UI_URL says where the Web UI is`,
    )
  reply.headers({
    'access-control-allow-origin': origin,
    // A Web UI that is configured so sends its user's cookies along.
    'access-control-allow-credentials': 'true',
  })
  if (method !== 'OPTIONS') return false
  reply
    .code(204)
    .headers({
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': headers['access-control-request-headers'] ?? '',
    })
    .send()
  return true
}
