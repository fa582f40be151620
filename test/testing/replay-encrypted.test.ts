/** A history whose payloads a codec has written: replayed and re-enacted with it, and refused without. */
import { randomBytes } from 'node:crypto'
import { kmsCodec } from '../../examples/encryption/codec'
import { standInKms } from '../../examples/encryption/kms'
import { type HistorySource, readPlainPayload } from '../../src/history'
import { plainPayload } from '../../src/history/events'
import { jsonPayload, mapPayloads } from '../../src/history/payloads'
import { historyToJson } from '../../src/temporal/history-json'
import { reenact, replay } from '../../src/testing'
import { savedHistory } from '../helpers/histories'

const codec = kmsCodec(standInKms(randomBytes(32)))
const dataConverter = { payloadCodecs: [codec] }

/** Core's own notes of a local activity never meet a codec. */
const isCores = (content: unknown): boolean =>
  typeof content === 'object' && content !== null && 'activity_type' in content

let history: HistorySource
beforeAll(async () => {
  history = await mapPayloads(historyToJson(savedHistory('failed-over')), async (payload) => {
    if (isCores(readPlainPayload(plainPayload(payload)))) return payload
    const [encoded] = await codec.encode([plainPayload(payload)])
    return encoded === undefined ? payload : jsonPayload(encoded)
  })
})

it('with its data converter it says what it says in plain text', async () => {
  expect((await replay(history, { dataConverter })).decisions).toEqual(
    (await replay(savedHistory('failed-over'))).decisions,
  )
  const { after } = await reenact(history, { dataConverter })
  expect(after).toEqual((await reenact(savedHistory('failed-over'))).after)
})

it('without it nothing is read out of it', async () => {
  await expect(replay(history)).rejects.toThrow('does not replay')
  await expect(reenact(history)).rejects.toThrow('the data converter that wrote it')
})
