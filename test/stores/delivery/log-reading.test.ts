/** One suite over both delivery logs: what readers get, whatever keeps it. DELIVERY-LOG-1 to DELIVERY-LOG-5 stand in `src/stores/delivery/types.ts`. */
import { deliveryOver } from '../../../src/stores/delivery/log'
import { memoryStore } from '../../../src/stores/delivery/memory'
import { REASONING_CHARS_MAX } from '../../../src/stores/delivery/writer'
import {
  commitOf,
  epochOf,
  reading,
  recordOf,
  restarted,
  said,
  streamed,
  textOf,
  thought,
  wholeLog,
  writerAt,
} from '../../helpers/delivery'
import { overBothLogs } from '../../helpers/delivery-places'
import { until } from '../../helpers/processes'

const HALF_OTTER = '🦦'.slice(0, 1)
const OTHER_HALF = '🦦'.slice(1)

overBothLogs((on) => {
  it('DELIVERY-LOG-4: a reader gets what was said before it came and what is said after, in order from 1, and ends', async () => {
    const writer = await on.at(1)
    await writer.append([said('one ')])
    const read = reading(on.other, on.log)
    await until('the first is there', () => read.delivered.length === 1)
    await writer.append([thought('hm'), said('two')])
    const commit = commitOf('one two')
    expect(await writer.commit(commit)).toEqual(commit)
    await read.ended
    expect(read.delivered).toEqual([
      { position: 1, event: said('one ') },
      { position: 2, event: thought('hm') },
      { position: 3, event: said('two') },
      { position: 4, event: { type: 'committed', commit } },
    ])
  })

  it('a log that nobody has opened is waited for', async () => {
    const read = reading(on.other, on.log)
    await (await on.at(1)).commit(commitOf('x'))
    await read.ended
    expect(read.events()).toMatchObject([{ type: 'committed' }])
  })

  it('an aborted reader ends without an error, before the log is opened and in the middle of it', async () => {
    const early = reading(on.other, on.log)
    await early.stop()
    const writer = await on.at(1)
    await writer.append([said('one')])
    const late = reading(on.other, on.log)
    await until('the first is there', () => late.delivered.length === 1)
    await late.stop()
    expect(early.delivered).toEqual([])
  })

  it('DELIVERY-LOG-4: a reader goes on after any position, as it would have', async () => {
    const writer = await on.at(1)
    for (const text of ['a', 'b', 'c', 'd']) await writer.append([said(text)])
    await writer.commit(commitOf('abcd'))
    const whole = await wholeLog(on.delivery, on.log)
    for (const after of [0, 1, 2, 3, 4, 5]) {
      const read = reading(on.other, on.log, after)
      if (after < whole.length) await read.ended
      else await read.stop()
      expect(read.delivered).toEqual(whole.slice(after))
    }
  })

  it('DELIVERY-LOG-4: a position that the log never reached is of a log that is lost: its reader ends', async () => {
    await reading(on.other, on.log, 7).ended
    await (await on.at(1)).append([said('one')])
    await reading(on.other, on.log, 7).ended
  })

  it('DELIVERY-LOG-4: a log that begins with a later call uses no position that an earlier one may have given', async () => {
    const writer = await on.at(1, 2)
    await writer.append([said('other words')])
    await reading(on.other, on.log, 1).ended
    await writer.commit(commitOf('other words'))
    const [first, second] = await wholeLog(on.other, on.log)
    expect(first?.position).toBeGreaterThan(1_000_000)
    expect(second?.position).toBe((first?.position ?? 0) + 1)
    const resumed = reading(on.other, on.log, first?.position)
    await resumed.ended
    expect(resumed.delivered).toEqual([second])
  })

  it('any text is kept, pieces that end within a character too', async () => {
    const pieces = ['Grüße, 你好, \u0000, \u2028, ', HALF_OTTER, OTHER_HALF, ' \ud800 alone, \ufffd "{}"']
    const writer = await on.at(1)
    for (const piece of pieces) await writer.append([said(piece)])
    expect((await on.at(1, 2)).text).toBe(pieces.join(''))
    const third = await on.at(1, 3)
    await third.commit(commitOf(pieces.join('')))
    const events = (await wholeLog(on.other, on.log)).map(({ event }) => event)
    expect(events.filter(({ type }) => type === 'restart')).toEqual([])
    expect(textOf(events)).toBe(pieces.join(''))
  })

  it('200 logs at once keep their words apart', async () => {
    const texts = Array.from({ length: 200 }, (_, n) =>
      Array.from({ length: 10 }, (_, word) => `${n}.${word} `),
    )
    const readings = texts.map((_, n) => reading(on.other, `${on.log}-${n}`))
    await Promise.all(
      texts.map(async (words, n) => {
        const writer = await writerAt(on.delivery, `${on.log}-${n}`, epochOf(1))
        for (const word of words) await writer.append([said(word)])
        await writer.commit(commitOf(words.join('')))
      }),
    )
    await Promise.all(readings.map(({ ended }) => ended))
    expect(readings.map((read) => read.text())).toEqual(texts.map((words) => words.join('')))
    for (const { delivered } of readings)
      expect(delivered.map(({ position }) => position)).toEqual(delivered.map((_, n) => n + 1))
  })

  it('a slow reader gets all of it, and holds up nobody', async () => {
    const writer = await on.at(1)
    let go = (): void => undefined
    const opened = new Promise<void>((resolve) => {
      go = resolve
    })
    const slow = reading(on.other, on.log, 0, () => opened)
    const words = Array.from({ length: 700 }, (_, n) => `${n} `)
    for (const word of words) await writer.append([said(word)])
    await writer.commit(commitOf(words.join('')))
    expect((await wholeLog(on.other, on.log)).length).toBe(701)
    expect(slow.delivered.length).toBeLessThanOrEqual(1)
    go()
    await slow.ended
    expect(slow.text()).toBe(words.join(''))
  })

  it('DELIVERY-LOG-6: what restarts made void is neither kept nor read, and a reader within it gets the restart', async () => {
    const draft = 'x'.repeat(20_000)
    for (let order = 1; order <= 50; order += 1) {
      const writer = await on.at(order)
      await writer.append(order === 1 ? [said(draft)] : [restarted(), said(draft)])
      await writer.fail(recordOf(order))
    }
    const last = await on.at(51)
    await last.append([restarted('beta/m'), said('the ', 'beta/m')])
    await last.append([said('end', 'beta/m')])
    const shown = async (after: number) => {
      const read = reading(on.other, on.log, after)
      await until('it has the last words', () => read.text().endsWith('end'))
      await read.stop()
      return read.delivered
    }
    const anew = await shown(0)
    expect(anew.filter(({ event }) => event.type === 'attempt')).toHaveLength(50)
    expect(JSON.stringify(anew).length).toBeLessThan(draft.length)
    expect(anew.find(({ event }) => event.type === 'void')).toEqual({
      position: 1,
      event: { type: 'void', textAt: 1 },
    })
    // Position 4 is the second draft: the record of its failure, and then what is not void.
    const within = await shown(4)
    expect(within[0]).toEqual({ position: 5, event: { type: 'attempt', record: recordOf(2) } })
    expect(within).toEqual(anew.filter(({ position }) => position > 4))
    const [restart, ...words] = within.slice(-3)
    expect(restart?.event).toEqual(restarted('beta/m'))
    expect(words.map(({ event }) => event)).toEqual([said('the ', 'beta/m'), said('end', 'beta/m')])
  })

  it('WRITER-3: reasoning without an end is kept up to a bound, and its caller is not taken for silent', async () => {
    const writer = await on.at(1)
    const piece = 'x'.repeat(REASONING_CHARS_MAX / 8)
    for (let n = 0; n < 12; n += 1) expect(await writer.append([thought(piece)])).toBe('appended')
    await writer.commit(commitOf('y'))
    const whole = await wholeLog(on.other, on.log)
    expect(whole.map(({ event }) => (event.type === 'reasoning' ? event.text.length : event.type))).toEqual([
      ...Array(8).fill(piece.length),
      ...Array(4).fill(0),
      'committed',
    ])
  })

  it('16 times as many pieces take no more than their share of CPU', async () => {
    await streamed(on.delivery, on.other, `${on.log}-warm`, 2_000, on.together)
    const partMs = await streamed(on.delivery, on.other, `${on.log}-part`, 2_000, on.together)
    // 16 times as much, were there no noise; 256 times, were it quadratic.
    expect(await streamed(on.delivery, on.other, `${on.log}-whole`, 32_000, on.together)).toBeLessThan(
      partMs * 64 + 500,
    )
  })

  it('a log that is closed ends its readers', async () => {
    const own = on.kind === 'memory' ? deliveryOver(memoryStore()) : on.open()
    await (await writerAt(own, on.log, epochOf(1))).append([said('a')])
    const [waiting, reads] = [reading(own, `${on.log}-other`), reading(own, on.log)]
    await until('the first is there', () => reads.delivered.length === 1)
    await own.close()
    await waiting.ended
    await reads.ended
  })
})
