/** Paths as people and clients put them together. */
import { canonicalPath, insteadOf } from '../../src/gateway/paths'

it.each([
  ['/v1/chat/completions', '/v1/chat/completions'],
  ['/v1/v1/chat/completions', '/v1/chat/completions'],
  ['/v1/v1/messages?beta=true', '/v1/messages?beta=true'],
  ['/chat/completions', '/v1/chat/completions'],
  ['/messages', '/v1/messages'],
  ['/openai/v1/responses/resp_1/cancel', '/v1/responses/resp_1/cancel'],
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
  ['/V1/chat/completions', '/v1/chat/completions'],
  ['/v1/Chat/Completions', '/v1/chat/completions'],
  // Base URLs of other APIs, of which the host alone was changed.
  ['/v1beta/openai/chat/completions', '/v1/chat/completions'],
  ['/compatible-mode/v1/chat/completions', '/v1/chat/completions'],
  ['/api/paas/v4/chat/completions', '/v1/chat/completions'],
  ['/inference/v1/chat/completions?x=1', '/v1/chat/completions?x=1'],
  ['/v1/engines/gpt/chat/completions', '/v1/chat/completions'],
  ['/v1/messages/v1/chat/completions', '/v1/chat/completions'],
  ['/v1/chat/completions/v1/chat/completions', '/v1/chat/completions'],
  // Of the Assistants API.
  ['/v1/threads/t1/messages', '/v1/threads/t1/messages'],
  ['/v1/generations/chat/completions', '/v1/generations/chat/completions'],
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
  ['/v1/responses/resp_1/input_items', /the caller has them/],
  ['/v1/responses/compact', /by the caller/],
  ['/v1beta/models/g:generateContent', /Google/],
  ['/api/generate', /Ollama/],
  ['/v1/images', /generations and embeddings alone/],
  ['/v1/rerank', /generations and embeddings alone/],
  ['/v1/realtime', /generations and embeddings alone/],
  ['/v1/threads/t1/messages', /generations and embeddings alone/],
  ['/api/version', /Ollama/],
  ['/v1/complete', /POST \/v1\/messages/],
  ['/v1/chat', /POST \/v1\/chat\/completions/],
  ['/v1/chatcompletions', /POST \/v1\/chat\/completions/],
  ['/v1/message', /POST \/v1\/messages/],
  ['/v1/models/gemini:generateContent', /Google/],
  ['/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict', /Google/],
  ['/model/anthropic.claude/converse-stream', /Bedrock/],
])('%s: the error names the path to use instead', (path, words) => {
  expect(insteadOf(path)).toMatch(words)
})

it('an unknown path has no replacement in the error', () => {
  expect(insteadOf('/v1/other')).toBeNull()
  expect(insteadOf('/v1/chat/completions')).toBeNull()
})
