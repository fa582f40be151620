import fc from 'fast-check'
import { HoldfastError } from '../../src/contract/errors'
import { checkRequest } from '../../src/request/check'

const HI = { role: 'user', content: 'hi' }
const ask = (more: object) => ({ messages: [HI], ...more })
const user = (content: unknown) => ({ messages: [{ role: 'user', content }] })

function refusal(request: unknown): HoldfastError {
  try {
    checkRequest(request)
  } catch (error) {
    if (error instanceof HoldfastError) return error
    throw error
  }
  throw new Error('it was taken')
}

describe('checkRequest names the field at fault, and what to write', () => {
  it.each([
    ['no messages', {}, 'messages: '],
    ['empty messages', { messages: [] }, 'messages: at least one message is needed'],
    [
      'system messages alone',
      { messages: [{ role: 'system', content: 'be brief' }] },
      'messages: a message beside the system ones is needed',
    ],
    [
      'a role that is none',
      { messages: [HI, { role: 'robot', content: 'hi' }] },
      "messages.1.role: Invalid discriminator value. Expected 'system' | 'user' | 'assistant' | 'tool'",
    ],
    [
      'an image by a URL that no provider could fetch',
      user([{ type: 'image', url: 'file:///etc/passwd' }]),
      'messages.0.content.0.url: an http or https URL is needed',
    ],
    [
      'an image whose data are not base64',
      user([{ type: 'image', data: '<svg>', mediaType: 'image/svg+xml' }]),
      'messages.0.content.0.data: Invalid base64-encoded string',
    ],
    [
      'an image that is none',
      user([{ type: 'image', data: 'aGk=', mediaType: 'text/plain' }]),
      'messages.0.content.0.mediaType: ',
    ],
    ['content that is a number', user(7), 'messages.0.content: write text, or a list of parts'],
    ['content without parts', user([]), 'messages.0.content: '],
    [
      'a part of an unknown type',
      user([
        { type: 'text', text: 'hi' },
        { type: 'audio', data: 'aGk=' },
      ]),
      'messages.0.content: write text, or a list of parts',
    ],
    [
      'a tool result without its call',
      { messages: [{ role: 'tool', content: '4' }] },
      'messages.0.toolCallId: ',
    ],
    ['maxTokens of 0', ask({ params: { maxTokens: 0 } }), 'params.maxTokens: '],
    ['a temperature of 3', ask({ params: { temperature: 3 } }), 'params.temperature: '],
    [
      'a tool choice that is none',
      ask({ toolChoice: 'maybe' }),
      'toolChoice: write auto, none, required, or { tool: name }',
    ],
    [
      'a schema that is not JSON',
      ask({ output: { name: 'ticket', schema: { check: () => true } } }),
      'output.schema.check: not JSON',
    ],
    ['text', 'hi', 'request: '],
    ['nothing', undefined, 'request: '],
  ])('%s', (_what, request, expected) => {
    const error = refusal(request)
    expect(error.message).toContain(`The request is not valid: ${expected}`)
    expect(error).toMatchObject({ kind: 'invalid_request', accepted: false })
  })

  it.each([
    ['of the request', ask({ temprature: 1 }), 'request: Unrecognized key: "temprature"'],
    ['of a message', { messages: [{ ...HI, nmae: 'x' }] }, 'messages.0: Unrecognized key: "nmae"'],
    ['of the parameters', ask({ params: { max_tokens: 1 } }), 'params: Unrecognized key: "max_tokens"'],
    [
      'of an image',
      user([{ type: 'image', url: 'https://example.com/a.png', detial: 'low' }]),
      'messages.0.content.0: Unrecognized key: "detial"',
    ],
  ])('an unknown field %s, by its name', (_where, request, expected) => {
    expect(refusal(request).message).toBe(`The request is not valid: ${expected}`)
  })

  it('several faults at once, each once', () => {
    const { message } = refusal(ask({ params: { maxTokens: -1, topP: 2 } }))
    expect(message).toContain('params.maxTokens: ')
    expect(message).toContain('params.topP: ')
    expect(refusal({ messages: [] }).message).toBe(
      'The request is not valid: messages: at least one message is needed',
    )
  })

  it('never throws anything else, and never repeats the prompt', () => {
    const secret = 'my diary of 1987'
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(
          refusal({ messages: [{ role: 'user', content: secret, extra: value }] }).message,
        ).not.toContain(secret)
        expect(() => refusal(value)).not.toThrow()
      }),
    )
  })
})

describe('checkRequest takes', () => {
  it.each([
    ['one message', ask({})],
    ['an empty text, as some providers send it back', user('')],
    [
      'text parts and images',
      user([
        { type: 'text', text: 'a' },
        { type: 'image', url: 'http://example.com/a' },
      ]),
    ],
    ['an image as data', user([{ type: 'image', data: 'aGk=', mediaType: 'image/png' }])],
    [
      'a tool call and its result',
      {
        messages: [
          HI,
          {
            role: 'assistant',
            content: '',
            toolCalls: [{ id: '1', name: 'add', arguments: { a: [1, null] } }],
          },
          { role: 'tool', toolCallId: '1', content: '4', isError: false },
        ],
        tools: [{ name: 'add', parameters: { type: 'object' } }],
        toolChoice: { tool: 'add' },
      },
    ],
    [
      'all parameters',
      ask({
        params: {
          maxTokens: 1,
          temperature: 2,
          topP: 0,
          stop: ['x'],
          seed: -1,
          reasoningEffort: 'high',
          providerOptions: { openai: { store: true } },
        },
        output: { name: 'ticket', schema: { type: 'object' } },
      }),
    ],
  ])('%s, unchanged', (_what, request) => {
    expect(checkRequest(request)).toEqual(request)
  })
})
