import { MAX_REQUEST_ID_CHARS, requestIdOf, usableRequestId } from '../../../src/formats/outbound/request-id'

it.each([
  ['OpenAI', { 'x-request-id': 'req_1', 'openai-processing-ms': '12', 'cf-ray': 'ray' }, 'req_1'],
  ['Anthropic', { 'request-id': 'req_011', 'cf-ray': 'ray' }, 'req_011'],
  ['Azure', { 'apim-request-id': 'apim', 'x-ms-region': 'East US' }, 'apim'],
  ['Azure, of OpenAI’s own id and its gateway’s', { 'apim-request-id': 'apim', 'x-request-id': 'r' }, 'r'],
  ['Bedrock', { 'x-amzn-requestid': 'a-b-c' }, 'a-b-c'],
  ['AWS behind another front', { 'x-amzn-request-id': 'a', 'x-amz-request-id': 'b' }, 'a'],
  ['nobody: a proxy’s id is none of the provider’s', { 'cf-ray': 'ray', 'x-trace-id': 't' }, undefined],
  ['nobody, in an empty header', { 'x-request-id': ' ' }, undefined],
  ['the first that can be read', { 'x-request-id': 'r\u001b[2J', 'request-id': 'ok' }, 'ok'],
])('the request id is that of %s', (_name, headers, id) => {
  expect(requestIdOf(headers as { [name: string]: string })).toBe(id)
})

it('REQUEST-ID-1: what cannot be printed is no id, and what is too long is cut', () => {
  for (const said of ['\n', 'a\r\nb', 'ä', '\u0000', '\u202e', '', null, undefined])
    expect(usableRequestId(said)).toBeUndefined()
  expect(usableRequestId('x'.repeat(1_000_000))).toHaveLength(MAX_REQUEST_ID_CHARS)
})
