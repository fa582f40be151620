/** What clients send, through the dialect into each wire format. */
import { outputCheck } from '../../../activities/check-output'
import { parseConfig } from '../../../src/config'
import { parseChatRequest, parseMessagesRequest } from '../../../src/formats/inbound'
import { wireFormat } from '../../../src/formats/outbound'
import { checkRequest } from '../../../src/request'
import { prepare } from '../../../src/request/prepare'
import { toolOf } from '../../../src/request/schemas'
import { REQUEST_CASES, type RequestCase } from './cases/requests'

function encoded({ from, to, model, native, takesMarks, promptCache, headers = {}, body }: RequestCase) {
  const whole = { model: 'r', max_tokens: 9, ...body }
  const { request: parsed } = from === 'chat' ? parseChatRequest(whole) : parseMessagesRequest(whole, headers)
  const { messages, params, toolChoice, tools, schema } = parsed
  const request = checkRequest({
    messages,
    params,
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(tools === undefined ? {} : { tools: tools.map(toolOf) }),
    ...(schema === undefined ? {} : { output: { name: 'output', schema } }),
  })
  return wireFormat(to).encode({
    request,
    provider: 'p',
    model,
    facts: {},
    stream: false,
    unsupportedParams: 'fail',
    native,
    takesMarks,
    promptCache,
  })
}

it.each(REQUEST_CASES.map((one) => [`${one.name} (${one.source})`, one] as const))('%s', (_, one) => {
  const outcome = encoded(one)
  if (one.unsupported !== undefined) {
    expect(outcome).toMatchObject({ ok: false, failure: { class: 'unsupported' } })
    expect(outcome.ok || outcome.failure.message).toContain(one.unsupported)
    return
  }
  if (!outcome.ok) throw new Error(outcome.failure.message)
  const { body, leftOut } = outcome.value
  for (const [field, value] of Object.entries(one.sent ?? {}))
    if (value === null) expect(body).not.toHaveProperty(field)
    else expect({ [field]: body[field] }).toMatchObject({ [field]: value })
  if (one.sentHeaders !== undefined) expect(outcome.value.headers).toMatchObject(one.sentHeaders)
  if (one.leftOut !== undefined) expect([...(leftOut ?? [])].sort()).toEqual([...one.leftOut].sort())
})

it('the same history is mended in the same way each time', () => {
  for (const one of REQUEST_CASES) expect(encoded(one)).toEqual(encoded(one))
})

it('half a character in the name of an argument is mended before the schema is compiled', async () => {
  const parameters = { type: 'object', properties: { 'k\ud83d': { type: 'string', description: '\udc00' } } }
  const { request } = prepare(
    parseConfig(
      'routes: {}\nproviders: { p: { api: openai-chat, baseUrl: "http://127.0.0.1:9", auth: none } }',
    ),
    {
      route: 'p/m',
      prompt: 'hi',
      tools: [{ name: 'f', parameters }],
    },
  )
  expect(request.tools?.[0]?.parameters.properties).toEqual({
    'k\ufffd': { type: 'string', description: '\ufffd' },
  })
  expect(await outputCheck(request, null)).toMatchObject({ ok: true })
})
