/** The shapes of errors that several providers and proxies share. */
import type { FailureClass } from '../../../../../src/domain/failures/failure'
import type { ErrorCase } from '../types'

export type Row = readonly [
  source: string,
  status: number,
  body: unknown,
  failure: FailureClass,
  proved?: boolean,
]

export const caseOf = ([source, status, body, failureClass, proved]: Row): ErrorCase => ({
  source,
  status,
  body,
  class: failureClass,
  ...(proved === undefined ? {} : { proved }),
})

export const DAY_MS = 86_400_000
export const inAnHour = new Date(Date.now() + 3_600_000)

/** OpenAI's shape. */
export const openai = (
  message: string,
  code: string | number | null = null,
  type = 'invalid_request_error',
  param: string | null = null,
) => ({ error: { message, type, param, code } })
/** Google's shape, in the list that its OpenAI endpoint sends. */
export const google = (code: number, message: string, status: string, details?: object[]) => [
  { error: { code, message, status, ...(details === undefined ? {} : { details }) } },
]
export const anthropic = (type: string, message: string) => ({ type: 'error', error: { type, message } })
export const cloudflare = (code: number, message: string) => ({
  result: null,
  success: false,
  errors: [{ code, message }],
  messages: [],
})
export const problem = (status: number, title: string, detail: string) => ({
  type: 'about:blank',
  title,
  status,
  detail,
})
export const upstream = (code: number, raw: string) => ({
  error: { message: 'Provider returned error', code, metadata: { raw, provider_name: 'Acme' } },
})
export const page = (title: string) => `<html>\n<head><title>${title}</title></head><body></body></html>`
export const doctypePage = (title: string) =>
  `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body></body></html>`
