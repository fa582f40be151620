/**
 * The name of one HTTP request, by which its caller, the gateway's log and the generation's metadata know it.
 *
 * REQUEST-ID-1 A caller's `x-request-id` is taken where it is one short printable word; two of them, and anything longer or
 *    stranger, are replaced: it stands in headers, log lines and terminals.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type Metadata, withRequestId } from '../domain/request/metadata'
import type { GenerateRequest } from '../request'
import type { RequestContext } from './request-context'

/** Node joins repeated headers with a comma and a blank. */
const WORD = /^[\x21-\x7e]{1,128}$/

/** REQUEST-ID-1 */
export const requestIdOf = ({ 'x-request-id': given }: IncomingHttpHeaders): string =>
  typeof given === 'string' && WORD.test(given) ? given : `req_${randomUUID().replaceAll('-', '')}`

/** Anthropic's clients read theirs under another name. */
export const requestIdHeaders = ({ requestId, dialect }: Pick<RequestContext, 'requestId' | 'dialect'>) => ({
  'x-request-id': requestId,
  ...(dialect === 'anthropic' ? { 'request-id': requestId } : {}),
})

/**
 * The same request, with the name of the HTTP request that it came in and its place in a trace. What is no metadata is
 * refused with the rest.
 */
export const named = <Request extends Pick<GenerateRequest, 'metadata' | 'trace'>>(
  request: Request,
  { requestId, trace }: Pick<RequestContext, 'requestId' | 'trace'>,
): Request => ({
  ...request,
  metadata: withRequestId(request.metadata, requestId) as Metadata,
  trace: trace.context,
})
