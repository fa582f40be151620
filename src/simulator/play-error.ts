/** A step that answers with an HTTP error in the format's shape, or with any status and body of the script's own. */
import { errorOfStatus, HTTP_FAULTS, type HttpFault, namedError, type SimulatedError } from './errors'
import { headersOf, JSON_TYPE, type PlayContext } from './play-context'
import type { Step } from './script'

const isHttpFault = (fault: Step['fault']): fault is HttpFault =>
  fault !== undefined && (HTTP_FAULTS as readonly string[]).includes(fault)

/** Does the step answer with an error or a body of its own? */
export const isErrorStep = (step: Step): boolean =>
  step.status !== undefined || step.body !== undefined || isHttpFault(step.fault)

function errorOf({ step, format, model }: PlayContext): SimulatedError {
  const base = isHttpFault(step.fault)
    ? namedError(format.dialect, step.fault, model)
    : errorOfStatus(format.dialect, step.status ?? 500)
  return {
    status: step.status ?? base.status,
    message: step.message ?? base.message,
    type: step.type === undefined ? base.type : step.type,
    code: step.code === undefined ? base.code : step.code,
    param: step.param === undefined ? base.param : step.param,
  }
}

function waitHeaders({ retryAfter, retryAfterMs }: Step): { [name: string]: string } {
  return {
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    ...(retryAfterMs === undefined ? {} : { 'retry-after-ms': String(retryAfterMs) }),
  }
}

/** Sends an error in the format's shape. */
export function sendError(context: PlayContext, error: SimulatedError): void {
  const { format, requestId } = context
  const body = JSON.stringify(format.errorBody(error, requestId))
  send(context, error.status, body, JSON_TYPE, format.errorHeaders?.(error))
}

function send(
  context: PlayContext,
  status: number,
  body: string,
  contentType: string,
  own: { [name: string]: string } = {},
): void {
  const length = Buffer.byteLength(body)
  const headers = {
    'content-length': length,
    ...own,
    ...waitHeaders(context.step),
    ...headersOf(context, contentType),
  }
  context.wire.head(status, headers)
  context.wire.end('faulted', body)
}

export function playError(context: PlayContext): void {
  const { body, status } = context.step
  if (body === undefined) {
    sendError(context, errorOf(context))
    return
  }
  const isText = typeof body === 'string'
  const contentType = isText ? (body.trimStart().startsWith('<') ? 'text/html' : 'text/plain') : JSON_TYPE
  send(context, status ?? 200, isText ? body : JSON.stringify(body), contentType)
}
