/** Histories of many pages, and those whose payloads a codec has written. */
import { randomBytes } from 'node:crypto'
import type { Client } from '@temporalio/client'
import { defaultDataConverter } from '@temporalio/common'
import { historyToJSON } from '@temporalio/common/lib/proto-utils'
import { kmsCodec } from '../../examples/encryption/codec'
import { standInKms } from '../../examples/encryption/kms'
import { type HistorySource, readRun } from '../../src/history'
import { plainPayload } from '../../src/history/events'
import { jsonPayload, mapPayloads } from '../../src/history/payloads'
import { fetchHistoryJson, payloadReader, withoutCodecs } from '../../src/temporal/histories'
import { savedHistory } from '../helpers/histories'

const codec = kmsCodec(standInKms(randomBytes(32)))
const converter = { ...defaultDataConverter, payloadCodecs: [codec] }

const encrypted = (history: HistorySource): Promise<HistorySource> =>
  mapPayloads(history, async (payload) => {
    const [encoded] = await codec.encode([plainPayload(payload)])
    if (encoded === undefined) throw new Error('nothing was encoded')
    return jsonPayload(encoded)
  })

it('an encrypted history is read with the data converter that wrote it, and refused without', async () => {
  const plain: HistorySource = JSON.parse(historyToJSON(savedHistory('failed-over')))
  const history = await encrypted(plain)
  expect(() => readRun(history)).toThrow('with the data converter that wrote it')
  const readable = await withoutCodecs(history, converter)
  expect(readRun(readable, { payload: payloadReader(converter) })).toEqual(readRun(plain))
})

it('a history of several pages is fetched whole', async () => {
  const history = savedHistory('failed-over')
  const events = history.events ?? []
  const pages = new Map([
    ['', { history: { events: events.slice(0, 7) }, nextPageToken: Buffer.from('second') }],
    ['second', { history: { events: events.slice(7) }, nextPageToken: new Uint8Array() }],
  ])
  const client = {
    options: { namespace: 'default', loadedDataConverter: converter },
    workflowService: {
      async getWorkflowExecutionHistory({ nextPageToken = new Uint8Array() }) {
        return pages.get(Buffer.from(nextPageToken).toString())
      },
    },
  } as unknown as Client
  const fetched = await fetchHistoryJson(client, 'gen-1', 'run-1')
  expect(fetched).toEqual(JSON.parse(historyToJSON(history)))
})
