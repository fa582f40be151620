/** Streams under idempotency keys: started, resumed, and what they delivered. */
import { parseEvents, type TestGateway } from './gateway'

export interface KeyedStreams {
  /** @param lastId the `Last-Event-ID`; absent: from the beginning. */
  ask(key: string, lastId?: string): Promise<Response>
}

export const keyedStreams = (gateway: () => TestGateway): KeyedStreams => ({
  ask: (key, lastId) =>
    gateway().post(
      '/v1/chat/completions',
      { model: 'default', stream: true, messages: [{ role: 'user', content: 'go' }] },
      { 'idempotency-key': key, ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
    ),
})

export const textOf = (body: string): string =>
  parseEvents(body)
    .flatMap(({ data }) => (data === undefined || data === '[DONE]' ? [] : [JSON.parse(data)]))
    .map(({ choices }) => choices?.[0]?.delta?.content ?? '')
    .join('')

export const lastIdOf = (body: string): string =>
  parseEvents(body).findLast(({ id }) => id !== undefined)?.id ?? ''
