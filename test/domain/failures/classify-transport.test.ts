import { classifyTransport } from '../../../src/domain/failures/classify-transport'
import type { TransportError } from '../../../src/domain/failures/transport'

it.each([
  [
    { kind: 'timeout', phase: 'first_token', limitMs: 30_000, tokensFlowing: false },
    {
      class: 'timeout',
      timeoutPhase: 'first_token',
      tokensFlowing: false,
      message: 'no first token within 30000 ms',
    },
  ],
  [
    { kind: 'timeout', phase: 'idle', limitMs: 20, tokensFlowing: true },
    { class: 'timeout', tokensFlowing: true },
  ],
  [
    { kind: 'connection', reason: 'refused', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' },
    { class: 'connection', code: 'ECONNREFUSED' },
  ],
  [{ kind: 'connection', reason: 'dns', code: null, message: 'x' }, { class: 'connection' }],
  [
    { kind: 'cut', message: 'terminated', tokensFlowing: true },
    { class: 'bad_response', tokensFlowing: true },
  ],
  [{ kind: 'too_large', limitBytes: 10 }, { class: 'answer_too_large' }],
  [{ kind: 'aborted' }, { class: 'cancelled' }],
] as [TransportError, object][])('a transport error %j is the failure %j', (error, expected) => {
  expect(classifyTransport(error)).toMatchObject(expected)
})
