/** Every error as HTTP says it, in both dialects. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { HoldfastError, type HoldfastErrorFields } from '../../../src/contract/errors'
import { FAILURE_CLASSES, type FailureClass } from '../../../src/domain/failures/failure'
import type { AttemptRecord } from '../../../src/domain/routing/attempt'
import { chatError, failedResponse, messagesError } from '../../../src/formats/inbound'
import { decodeFailure } from '../../../src/formats/outbound/error-body'
import { DIALECTS, json } from './harness'

const NOW = 1_700_000_000_000

const errorOf = (more: Partial<HoldfastErrorFields>): HoldfastError =>
  new HoldfastError({
    kind: 'all_failed',
    message: 'Said in words',
    accepted: true,
    generationId: 'gen-1',
    ...more,
  })

const record = (candidate: number, failureClass: FailureClass): AttemptRecord => ({
  candidate,
  target: `p${candidate}/m`,
  number: 1,
  startedAt: NOW,
  durationMs: 1,
  failure: { class: failureClass, message: 'x' },
})

const failedOf = (...classes: FailureClass[]): HoldfastError =>
  errorOf({ failureClass: classes.at(-1) ?? null, attempts: classes.map((one, index) => record(index, one)) })

type Row = [name: string, error: HoldfastError, status: number, type: string, code: string, theirs: string]

const ROWS: Row[] = [
  [
    'a bad request',
    errorOf({ kind: 'invalid_request' }),
    400,
    'invalid_request_error',
    'invalid_request',
    'invalid_request_error',
  ],
  [
    'a refused one',
    errorOf({ kind: 'invalid_request', failureClass: 'content_refused' }),
    400,
    'invalid_request_error',
    'content_filter',
    'invalid_request_error',
  ],
  [
    'one too long',
    errorOf({ kind: 'invalid_request', failureClass: 'context_too_long' }),
    400,
    'invalid_request_error',
    'context_length_exceeded',
    'invalid_request_error',
  ],
  [
    'one that no model can serve',
    errorOf({ kind: 'invalid_request', failureClass: 'unsupported' }),
    400,
    'invalid_request_error',
    'unsupported',
    'invalid_request_error',
  ],
  [
    'an unknown route',
    errorOf({ kind: 'invalid_request', failureClass: 'model_not_found', accepted: false }),
    404,
    'invalid_request_error',
    'model_not_found',
    'not_found_error',
  ],
  [
    'an id that is not there',
    errorOf({ kind: 'not_found', accepted: false }),
    404,
    'invalid_request_error',
    'not_found',
    'not_found_error',
  ],
  [
    'another body under the same key',
    errorOf({ kind: 'conflict' }),
    409,
    'invalid_request_error',
    'conflict',
    'conflict_error',
  ],
  [
    'all failed',
    failedOf('server_error', 'rate_limited'),
    503,
    'server_error',
    'all_failed',
    'overloaded_error',
  ],
  ['all failed, nothing is known', errorOf({}), 503, 'server_error', 'all_failed', 'overloaded_error'],
  [
    'all rate limited',
    failedOf('rate_limited', 'rate_limited'),
    429,
    'rate_limit_error',
    'rate_limit_exceeded',
    'rate_limit_error',
  ],
  [
    'all kept out by their circuits',
    failedOf('not_admitted'),
    503,
    'server_error',
    'all_failed',
    'overloaded_error',
  ],
  [
    'every key refused',
    failedOf('unauthorized', 'forbidden'),
    502,
    'server_error',
    'all_failed',
    'api_error',
  ],
  ['every account empty', failedOf('quota_exhausted'), 502, 'server_error', 'all_failed', 'api_error'],
  [
    'no provider has the model',
    failedOf('model_not_found', 'not_admitted'),
    404,
    'invalid_request_error',
    'model_not_found',
    'not_found_error',
  ],
  [
    'too late',
    errorOf({ kind: 'deadline_exceeded', failureClass: 'timeout' }),
    504,
    'server_error',
    'deadline_exceeded',
    'timeout_error',
  ],
  [
    'cancelled',
    errorOf({ kind: 'cancelled' }),
    499,
    'invalid_request_error',
    'cancelled',
    'invalid_request_error',
  ],
  [
    'Temporal away',
    errorOf({ kind: 'unavailable', accepted: false }),
    503,
    'server_error',
    'unavailable',
    'overloaded_error',
  ],
]

/** It may go on: without a key the clients would pay for another one. */
const GOES_ON: Row[] = [true, 'unknown' as const].map((accepted) => [
  `a wait that has ended, accepted ${accepted}`,
  errorOf({ kind: 'unavailable', accepted }),
  503,
  'server_error',
  'unavailable',
  'overloaded_error',
])

describe.each([...ROWS, ...GOES_ON])('%s', (_, error, status, type, code, theirs) => {
  const chat = chatError(error, NOW)
  const messages = messagesError(error, NOW)

  it(`is ${status} ${code}`, () => {
    expect(chat).toMatchObject({
      status,
      body: { error: { message: 'Said in words', type, code, param: null } },
    })
    expect(messages).toMatchObject({
      status,
      headers: chat.headers,
      body: { type: 'error', error: { type: theirs, message: 'Said in words' }, request_id: 'gen-1' },
    })
  })

  it('says whether to come again, and when', () => {
    const waits = status === 429 || status === 503
    const goesOn = GOES_ON.some(([, one]) => one === error)
    expect(chat.headers).toEqual({
      ...(waits ? { 'retry-after': '5' } : {}),
      ...(goesOn || [409, 502, 504].includes(status) ? { 'x-should-retry': 'false' } : {}),
    })
  })

  it('carries what only we know', () => {
    const { kind, accepted, failureClass, attempts } = error
    const holdfast = { kind, accepted, generationId: 'gen-1', failureClass, attempts, retryAt: null }
    expect(chat.body.error.holdfast).toEqual(holdfast)
    expect(messages.body.error.holdfast).toEqual(holdfast)
  })

  it('is thrown by the official clients with its status', async () => {
    for (const dialect of DIALECTS) {
      const { body, headers } = dialect.error(error, NOW)
      const thrown: unknown = await dialect
        .ask(async () => json(body, status, headers))
        .catch((caught) => caught)
      expect(thrown).toMatchObject({ status, message: expect.stringContaining('Said in words') })
      expect(thrown instanceof OpenAI.APIError || thrown instanceof Anthropic.APIError).toBe(true)
    }
  })
})

it('Retry-After is in whole seconds, rounded up, at least one, also for a moment that has passed', () => {
  const after = (retryAt: number | null): string | undefined =>
    chatError(errorOf({ retryAt }), NOW).headers['retry-after']
  expect([after(NOW + 1), after(NOW + 1_000), after(NOW + 61_001), after(NOW - 9_000), after(null)]).toEqual([
    '1',
    '1',
    '62',
    '1',
    '5',
  ])
})

it('429 and 503 always carry Retry-After, whatever every candidate failed of', () => {
  for (const one of FAILURE_CLASSES)
    for (const other of FAILURE_CLASSES) {
      const { status, headers } = chatError(failedOf(one, other), NOW)
      expect([404, 429, 500, 502, 503]).toContain(status)
      expect('retry-after' in headers).toBe(status === 429 || status === 503)
    }
})

it('a candidate counts by its last failure, and a call that was not made does not', () => {
  const attempts = [record(0, 'server_error'), record(0, 'rate_limited'), record(0, 'not_admitted')]
  expect(chatError(errorOf({ attempts, failureClass: 'rate_limited' }), NOW).status).toBe(429)
})

it.each(DIALECTS)(
  'the $name client does not send again what can not be helped, or may go on',
  async ({ ask, error }) => {
    const errors = [
      errorOf({ kind: 'conflict' }),
      errorOf({ kind: 'deadline_exceeded' }),
      ...GOES_ON.map(([, one]) => one),
    ]
    for (const one of errors) {
      let calls = 0
      const { status, body, headers } = error(one, NOW)
      const answer = async () => {
        calls += 1
        return json(body, status, headers)
      }
      await expect(ask(answer, 2)).rejects.toThrow('Said in words')
      expect(calls).toBe(1)
    }
  },
)

it.each<[Partial<HoldfastErrorFields>, FailureClass]>([
  [{ kind: 'invalid_request' }, 'invalid_request'],
  [{ kind: 'invalid_request', failureClass: 'content_refused' }, 'content_refused'],
  [{ kind: 'invalid_request', failureClass: 'context_too_long' }, 'context_too_long'],
  [{ kind: 'invalid_request', failureClass: 'model_not_found' }, 'model_not_found'],
  [{ failureClass: 'rate_limited' }, 'rate_limited'],
  [{ kind: 'unavailable' }, 'overloaded'],
])('a Holdfast in front of this one understands %j as %s', (more, failureClass) => {
  const { status, headers, body } = chatError(errorOf(more), NOW)
  const failure = decodeFailure({ status, headers, body: JSON.stringify(body), now: NOW })
  expect(failure.class).toBe(failureClass)
})

it.each([
  ['context_too_long', 'context_length_exceeded'],
  ['quota_exhausted', 'insufficient_quota'],
  ['content_refused', 'invalid_prompt'],
  ['rate_limited', 'rate_limit_exceeded'],
  ['overloaded', 'server_error'],
] as const)('a failed response says %s as %s', (failureClass, code) => {
  const head = { generationId: 'gen-1', createdAt: NOW, model: 'chat', echo: {} }
  expect(failedResponse(head, failedOf(failureClass)).error).toEqual({ code, message: 'Said in words' })
})
