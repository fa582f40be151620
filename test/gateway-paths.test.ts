/** Paths as people and clients put them together. */
import { canonicalPath, insteadOf } from '../src/gateway/paths'

it.each([
  ['/v1/chat/completions', '/v1/chat/completions'],
  ['/v1/v1/chat/completions', '/v1/chat/completions'],
  ['/v1/v1/messages?beta=true', '/v1/messages?beta=true'],
  ['/chat/completions', '/v1/chat/completions'],
  ['/messages', '/v1/messages'],
  ['//v1//messages/', '/v1/messages'],
  ['/v1/models/', '/v1/models'],
  ['/openai/v1/chat/completions', '/v1/chat/completions'],
  ['/anthropic/v1/messages', '/v1/messages'],
  ['/api/v1/chat/completions/', '/v1/chat/completions'],
  ['/v1/models/openai/gpt-5', '/v1/models/openai/gpt-5'],
  ['/v1/models/openai%2Fgpt-5', '/v1/models/openai%2Fgpt-5'],
  ['/v1/generations/gen-1/events?after=2', '/v1/generations/gen-1/events?after=2'],
  ['/v1/chat/completions/chat/completions', '/v1/chat/completions'],
  ['/v1/messages/v1/messages', '/v1/messages'],
  ['/openai/deployments/gpt/chat/completions?api-version=1', '/v1/chat/completions?api-version=1'],
  ['/v1/models/chat/completions', '/v1/models/chat/completions'],
  ['/V1/chat/completions', '/V1/chat/completions'],
  ['/healthz/', '/healthz'],
  ['/metrics', '/metrics'],
  ['/v1/nothing', '/v1/nothing'],
  ['/', '/'],
  ['', ''],
])('%s is taken for %s', (given, expected) => {
  expect(canonicalPath(given)).toBe(expected)
})

it.each([
  ['/v1/completions', /chat\/completions/],
  ['/v1/messages/count_tokens', /usage/],
  ['/v1/responses', /Responses/],
  ['/v1beta/models/g:generateContent', /Google/],
  ['/api/generate', /Ollama/],
  ['/v1/embeddings', /generations alone/],
])('%s: what there is in its place', (path, words) => {
  expect(insteadOf(path)).toMatch(words)
})

it('a path that nobody knows has nothing in its place', () => {
  expect(insteadOf('/v1/chat')).toBeNull()
  expect(insteadOf('/V1/chat/completions')).toBeNull()
})
