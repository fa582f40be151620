import { jsonBytes } from '../../../src/domain/request/json'
import {
  type AttemptRecord,
  boundedRecords,
  nextNumber,
  withRecord,
} from '../../../src/domain/routing/attempt'

const record = (number: number, message = 'no'): AttemptRecord => ({
  candidate: 0,
  target: 'alpha/m',
  number,
  startedAt: number,
  durationMs: 1,
  failure: { class: 'overloaded', message },
})
const records = (count: number, message?: string): AttemptRecord[] =>
  Array.from({ length: count }, (_, index) => record(index + 1, message))
const numbers = (these: readonly AttemptRecord[]): number[] => these.map(({ number }) => number)

describe('records that have to fit', () => {
  it('are all there while they do', () => {
    const all = records(400)
    expect(boundedRecords(all, jsonBytes(all))).toEqual(all)
  })

  it('are never longer than the room, in bytes of UTF-8', () => {
    for (const message of ['a', 'ü', '漢', '😀', '"\\\n'])
      for (const maxBytes of [0, 1, 200, 5_000, 60_000, 200_000]) {
        const kept = boundedRecords(records(390, message.repeat(150)), maxBytes)
        if (kept.length > 0) expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThanOrEqual(maxBytes)
      }
  })

  it('keep the first and the latest, in order', () => {
    const kept = numbers(boundedRecords(records(390, 'x'.repeat(300)), 40_000))
    expect(kept.slice(0, 20)).toEqual(numbers(records(20)))
    expect(kept.slice(20)).toEqual(numbers(records(390).slice(20 - kept.length)))
    expect(kept.length).toBeGreaterThan(60)
  })

  it('are at most 400', () => {
    const kept = numbers(boundedRecords(records(2_000), Number.POSITIVE_INFINITY))
    expect(kept).toEqual([...numbers(records(20)), ...numbers(records(2_000).slice(-380))])
  })

  it('lose one that is too long by itself, and not the others', () => {
    const all = [...records(3), record(4, 'x'.repeat(10_000)), ...records(30).slice(4)]
    expect(numbers(boundedRecords(all, 8_000))).toEqual(numbers(records(30)).filter((one) => one !== 4))
  })
})

it('bytes of JSON are counted as UTF-8', () => {
  for (const value of ['a', 'ü', '漢', '😀', '\ud800', { deep: ['"', '\u0000', 'é漢😀'] }, null, 1.5])
    expect(jsonBytes(value)).toBe(Buffer.byteLength(JSON.stringify(value)))
})

describe('waits for a slot', () => {
  const NO_SLOT = { class: 'not_admitted', code: 'slots', message: 'no slot' } as const
  const refused = (number: number, startedAt: number): AttemptRecord => ({
    ...record(number),
    startedAt,
    durationMs: 10,
    failure: NO_SLOT,
  })

  it('several in a row are one record, from the first to the end of the last, with the number of the last', () => {
    const waited = withRecord(withRecord([record(1)], refused(2, 1_000)), refused(3, 4_000))
    expect(waited).toEqual([record(1), { ...refused(3, 1_000), durationMs: 3_010 }])
    expect(nextNumber(waited)).toBe(4)
  })

  it('one after a call, a call after one, and what a circuit refuses stay apart', () => {
    const circuit = { ...refused(3, 9), failure: { ...NO_SLOT, code: 'circuit' } }
    expect(numbers(withRecord([refused(1, 1), record(2)], refused(3, 9)))).toEqual([1, 2, 3])
    expect(numbers(withRecord([refused(1, 1), refused(2, 5)], circuit))).toEqual([1, 2, 3])
    expect(nextNumber([])).toBe(1)
  })
})
