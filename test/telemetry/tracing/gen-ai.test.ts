import { operationOf, plainWord, providerOf } from '../../../src/telemetry/tracing/gen-ai'

it('an operation is named by what is wanted, and by the wire format', () => {
  const request = { messages: [] }
  expect(operationOf({ request, api: 'openai-responses' })).toBe('chat')
  expect(operationOf({ request, api: 'gemini' })).toBe('generate_content')
  expect(operationOf({ request, api: 'openai-completions' })).toBe('text_completion')
  const embed = { ...request, task: { type: 'embed' as const, input: ['hi'] } }
  expect(operationOf({ request: embed, api: 'openai-chat' })).toBe('embeddings')
})

it("a provider has the registry's name where it has one, else its own", () => {
  expect(providerOf('google', 'gemini')).toBe('gcp.gemini')
  expect(providerOf('mine', 'bedrock')).toBe('aws.bedrock')
  expect(providerOf('together', 'openai-chat')).toBe('together')
  expect(providerOf('constructor', 'openai-chat')).toBe('constructor')
})

it("a provider's name for a model or a response is a plain word, or is left out", () => {
  expect(plainWord('ft:gpt-6.1-sol:acme/v2')).toBe('ft:gpt-6.1-sol:acme/v2')
  for (const text of ['You asked: say hello', 'x'.repeat(201), '', null, undefined])
    expect(plainWord(text)).toBeUndefined()
})
