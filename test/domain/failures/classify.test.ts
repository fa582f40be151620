import fc from 'fast-check'
import { classifyHttp, type HttpFailure } from '../../../src/domain/failures/classify'
import { FAILURE_CLASSES } from '../../../src/domain/failures/failure'
import { redact } from '../../../src/domain/failures/redact'

describe('classifyHttp', () => {
  it.each([
    [400, '', 'invalid_request'],
    [401, '', 'unauthorized'],
    [402, '', 'quota_exhausted'],
    [403, '', 'forbidden'],
    [404, '', 'model_not_found'],
    [405, '', 'unsupported'],
    [408, '', 'timeout'],
    [409, '', 'server_error'],
    [413, '', 'context_too_long'],
    [418, '', 'invalid_request'],
    [422, '', 'invalid_request'],
    [425, '', 'server_error'],
    [429, '', 'rate_limited'],
    [451, '', 'forbidden'],
    [500, '', 'server_error'],
    [501, '', 'unsupported'],
    [502, '', 'server_error'],
    [503, '', 'overloaded'],
    [504, '', 'server_error'],
    [520, '', 'server_error'],
    [524, '', 'server_error'],
    [529, '', 'overloaded'],
    [101, '', 'bad_response'],
    [302, '', 'bad_response'],
    [429, 'insufficient_quota', 'quota_exhausted'],
    [429, 'overloaded_error', 'overloaded'],
    [400, 'context_length_exceeded', 'context_too_long'],
    [400, 'unsupported_parameter', 'unsupported'],
    [400, 'unsupported_value', 'unsupported'],
    [400, 'content_policy_violation', 'content_refused'],
    [403, 'model_not_found', 'model_not_found'],
    [403, 'unsupported_country_region_territory', 'forbidden'],
    [500, 'server_error', 'server_error'],
    [null, 'overloaded_error', 'overloaded'],
    [null, 'rate_limit_error', 'rate_limited'],
    [null, 'rate_limit_exceeded', 'rate_limited'],
    [null, 'invalid_request_error', 'invalid_request'],
    [null, 'authentication_error', 'unauthorized'],
    [null, 'permission_error', 'forbidden'],
    [null, 'api_error', 'server_error'],
    [null, '', 'server_error'],
  ] as const)('%s %s -> %s', (status, code, expected) => {
    expect(classifyHttp({ status, code }).class).toBe(expected)
    expect(classifyHttp({ status, type: code }).class).toBe(expected)
  })

  it('CLASSIFY-2: wording does not turn a 500 or a 429 into the caller’s fault', () => {
    const message = 'tools are not supported: maximum context length, flagged'
    expect(classifyHttp({ status: 500, message }).class).toBe('server_error')
    expect(classifyHttp({ status: 429, message }).class).toBe('rate_limited')
  })

  it('the message names status and parameter; code, pause and request id are kept', () => {
    const failure = classifyHttp({
      status: 400,
      code: 'invalid_type',
      type: 't',
      message: 'No.',
      param: 'top_p',
      retryAfterMs: 5,
      requestId: 'r',
    })
    expect(failure).toEqual({
      class: 'invalid_request',
      message: 'HTTP 400: No. (parameter top_p)',
      status: 400,
      code: 'invalid_type',
      retryAfterMs: 5,
      requestId: 'r',
      proved: true,
    })
  })

  it('a code of digits gives way to the type', () => {
    expect(classifyHttp({ status: 400, code: '400', type: 'BadRequestError' }).code).toBe('BadRequestError')
  })

  it('CLASSIFY-3: every status and any words have a class, and a bounded message', () => {
    const text = fc.option(fc.string())
    const any = fc.record({
      status: fc.option(fc.integer({ min: 100, max: 599 })),
      code: text,
      type: text,
      message: fc.option(fc.string({ maxLength: 5000 })),
      param: text,
    })
    fc.assert(
      fc.property(any, (failure: HttpFailure) => {
        const { class: found, message } = classifyHttp(failure)
        expect(FAILURE_CLASSES).toContain(found)
        expect(message.length).toBeLessThanOrEqual(300)
        expect(['not_admitted', 'worker_lost', 'cancelled', 'connection']).not.toContain(found)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('redact', () => {
  it.each([
    'sk-proj-abcDEF123456',
    'sk-ant-api03-abc_DEF-123456',
    'sk-proj-********************abcd',
    'sk-or-v1-0123456789abcdef',
    'gsk_abcdefghijklmnop',
    'tgp_v1_abcdefghijkl',
    'AIzaSyA1234567890abcdefghijk',
    'AKIAIOSFODNN7EXAMPLE',
    'ASIAIOSFODNN7EXAMPLE',
    '0123456789abcdef0123456789abcdef',
    'fNbn7d5Q0123456789ABCDEFGHIJKLMNOPqrstuvwxyz99',
  ])('masks %s', (key) => {
    const secret = key.slice(-6)
    expect(redact(`Incorrect API key provided: ${key}. See the docs.`)).not.toContain(secret)
    expect(redact(`request with ${key} failed`)).not.toContain(secret)
    expect(redact(`Authorization: Bearer ${key}`)).not.toContain(secret)
  })
  it('leaves out what AWS says should have been signed: a session token is among it', () => {
    const said =
      "The signature does not match.\n\nThe Canonical String for this request should have been\n'POST\n/\n"
    expect(redact(`${said}x-amz-security-token:IQoJb3Jp/x+=='`)).toBe(
      'The signature does not match. The Canonical String…',
    )
  })
  it('masks a key without any shape where the text calls it one', () => {
    expect(redact('Incorrect API key provided: hunter2.')).toBe('Incorrect API key provided: ***')
  })
  it('leaves model names, numbers and words as they are', () => {
    const text =
      'model meta-llama/Meta-Llama-3.1-405B-Instruct-Turbo-128K-lite: 130021 tokens > 128000 (claude-sonnet-4-5-20250929)'
    expect(redact(text)).toBe(text)
  })
  it('leaves no half of a character behind, not even where it cuts', () => {
    // Temporal carries messages as UTF-8: half a pair in one ends the worker.
    expect(redact('half \ud800 of one')).toBe('half \ufffd of one')
    for (const lead of ['', 'x']) {
      const cut = redact(lead + '\u{1f525}'.repeat(400))
      expect(cut).not.toMatch(/\p{Surrogate}/u)
      expect(cut.length).toBeLessThanOrEqual(300)
    }
  })
  it('leaves no control characters behind: terminals act on them', () => {
    expect(redact('a\u0000b \u001b[31mred\u007f')).toBe('a b [31mred')
  })
  it('takes a megabyte in no time, and folds white space', () => {
    expect(redact(`a \n\t b ${'x '.repeat(500_000)}`)).toMatch(/^a b x x/)
  })
})
