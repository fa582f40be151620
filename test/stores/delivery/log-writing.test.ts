/** One suite over both delivery logs: who may write, whatever keeps it. DELIVERY-LOG-1 to DELIVERY-LOG-5 stand in `src/stores/delivery/types.ts`. */
import {
  commitOf,
  epochOf,
  recordOf,
  restarted,
  said,
  TARGET,
  textOf,
  thought,
  wholeLog,
  writerAt,
} from '../../helpers/delivery'
import { overBothLogs } from '../../helpers/delivery-places'
import { until } from '../../helpers/processes'

const NEVER = new AbortController().signal

overBothLogs((on) => {
  it('DELIVERY-LOG-1: once a later attempt is open, the earlier one can neither append nor fail nor commit', async () => {
    const zombie = await on.at(1, 1)
    await zombie.append([said('half ')])
    const writer = await on.at(1, 2)
    expect(await zombie.append([said('words')])).toBe('superseded')
    await zombie.fail(recordOf())
    expect(await zombie.commit(commitOf('half words'))).toBeNull()
    expect(writer.text).toBe('half ')
    expect(await writer.append([said('whole')])).toBe('appended')
    await writer.commit(commitOf('half whole'))
    expect((await wholeLog(on.other, on.log)).map(({ event }) => event.type)).toEqual([
      'text',
      'text',
      'committed',
    ])
  })

  it('a sealed thought keeps its place and every character, and the next call knows that there was a thought', async () => {
    const block = { api: 'a', block: { data: '"\n\u2028😀\\' }, at: { text: 4, calls: 0 } }
    const sealed = { type: 'opaque', block, target: TARGET } as const
    const writer = await on.at(1, 1)
    await writer.append([said('one '), sealed, said('two')])
    await writer.fail(recordOf())
    const next = await on.at(1, 2)
    expect(next).toMatchObject({ text: 'one two', reasoned: true })
    await next.commit(commitOf('one two'))
    const events = (await wholeLog(on.other, on.log)).map(({ event }) => event)
    expect(events.slice(0, 3)).toEqual([said('one '), sealed, said('two')])
  })

  it('DELIVERY-LOG-1: one that opens late, after a later one, is superseded', async () => {
    await on.at(2, 2)
    for (const [order, attempt] of [
      [1, 1],
      [1, 9],
      [2, 1],
    ] as const)
      expect(await on.delivery.open(on.log, epochOf(order, attempt), true)).toEqual({ state: 'superseded' })
  })

  it('DELIVERY-LOG-1: a call that runs alone ends all earlier candidates; one that does not leaves them be', async () => {
    const first = await on.at(1)
    const beside = await on.at(2, 1, false)
    expect(await first.append([said('one')])).toBe('appended')
    expect(await beside.append([said('two')])).toBe('led')
    const alone = await on.at(3)
    expect(await first.append([said('one')])).toBe('superseded')
    expect(await beside.append([said('two')])).toBe('superseded')
    expect(await alone.append([said('three')])).toBe('appended')
  })

  it('DELIVERY-LOG-1: a call that has failed is over, and opening it again does not revive it', async () => {
    const writer = await on.at(1)
    await writer.fail(recordOf())
    await writer.fail(recordOf())
    expect(await writer.append([said('late')])).toBe('superseded')
    expect(await writer.commit(commitOf('late'))).toBeNull()
    expect((await on.delivery.open(on.log, epochOf(1), true)).state).toBe('superseded')
    expect((await on.at(1, 2)).text).toBe('')
  })

  it('a call may open twice: the first answer may have got lost', async () => {
    const first = await on.at(1)
    await first.append([said('one')])
    const again = await on.at(1)
    expect(again.text).toBe('one')
    expect(await again.append([said('two')])).toBe('appended')
  })

  it('DELIVERY-LOG-2: the first that says something leads, until it fails', async () => {
    const [first, second] = [await on.at(1, 1, false), await on.at(2, 1, false)]
    expect(await second.append([])).toBe('appended')
    expect(await first.append([thought('hm')])).toBe('appended')
    expect(await second.append([said('b')])).toBe('led')
    const free = second.leaderEnded(60_000, NEVER)
    await first.fail(recordOf())
    expect(await free).toBe('free')
    expect(await second.append([said('b')])).toEqual({ state: 'behind', text: '', reasoned: true })
    expect(await second.append([said('b')])).toBe('appended')
    expect(await second.leaderEnded(60_000, NEVER)).toBe('free')
    await second.commit(commitOf('b'))
    expect((await wholeLog(on.other, on.log)).map(({ event }) => event.type)).toEqual([
      'reasoning',
      'attempt',
      'text',
      'committed',
    ])
  })

  it('DELIVERY-LOG-2: of many that append at once, one leads', async () => {
    const writers = await Promise.all(Array.from({ length: 20 }, (_, n) => on.at(n + 1, 1, false)))
    const answers = await Promise.all(writers.map((writer, n) => writer.append([said(`${n}`)])))
    expect(answers.filter((one) => one === 'appended')).toHaveLength(1)
    expect(answers.filter((one) => one === 'led')).toHaveLength(19)
  })

  it('DELIVERY-LOG-2: a leader whose call was taken over leads no longer', async () => {
    const [first, second] = [await on.at(1, 1, false), await on.at(2, 1, false)]
    await first.append([said('a')])
    const free = second.leaderEnded(60_000, NEVER)
    await on.at(1, 2, false)
    expect(await free).toBe('free')
    expect(await second.append([said('b')])).toEqual({ state: 'behind', text: 'a', reasoned: false })
    expect(await second.append([restarted(), said('b')])).toBe('appended')
  })

  it('DELIVERY-LOG-2: a call gets what was appended since it was opened before it may lead, once', async () => {
    const [first, second, third] = [
      await on.at(1, 1, false),
      await on.at(2, 1, false),
      await on.at(3, 1, false),
    ]
    await first.append([said('one ')])
    await first.append([restarted(), said('eins ')])
    await first.fail(recordOf())
    expect(await second.append([])).toEqual({ state: 'behind', text: 'eins ', reasoned: false })
    expect(await second.append([])).toBe('appended')
    expect(await second.append([said('zwei ')])).toBe('appended')
    expect(await second.append([said('drei')])).toBe('appended')
    await second.fail(recordOf())
    expect(await third.append([said('one ')])).toEqual({
      state: 'behind',
      text: 'eins zwei drei',
      reasoned: false,
    })
    expect(await (await on.at(4, 1, false)).append([said('!')])).toBe('appended')
  })

  it('DELIVERY-LOG-2: a leader that appends nothing is superseded for good; one that appends is not', async () => {
    const [first, second] = [await on.at(1, 1, false), await on.at(2, 1, false)]
    await first.append([said('a')])
    const startedAt = performance.now()
    let freeAfterMs = 0
    const free = second.leaderEnded(300, NEVER).then((lead) => {
      freeAfterMs = performance.now() - startedAt
      return lead
    })
    await until('half of it has passed', () => performance.now() - startedAt > 200)
    expect(await first.append([said('a')])).toBe('appended')
    const spokeAfterMs = performance.now() - startedAt
    expect(await free).toBe('free')
    // Redis' clock counts whole milliseconds.
    expect(freeAfterMs).toBeGreaterThan(Math.min(spokeAfterMs, 200) + 290)
    expect(freeAfterMs).toBeLessThan(spokeAfterMs + 1_500)
    expect(await first.append([said('a')])).toBe('superseded')
    expect(await first.commit(commitOf('aaa'))).toBeNull()
    expect((await on.delivery.open(on.log, epochOf(1), false)).state).toBe('superseded')
    expect(await second.append([said('b')])).toMatchObject({ state: 'behind', text: 'aa' })
    expect(await second.append([restarted(), said('b')])).toBe('appended')
    expect((await on.at(1, 2, false)).text).toBe('b')
  })

  it('a wait for the leader ends with its answer, and can be stopped', async () => {
    const [first, second] = [await on.at(1, 1, false), await on.at(2, 1, false)]
    await first.append([said('a')])
    const aborter = new AbortController()
    const stopped = second.leaderEnded(60_000, aborter.signal)
    aborter.abort(new Error('enough'))
    await expect(stopped).rejects.toThrow('enough')
    const answers = second.leaderEnded(60_000, NEVER)
    await first.commit(commitOf('a'))
    expect(await answers).toBe('committed')
    expect(await second.append([said('b')])).toBe('committed')
  })

  it('DELIVERY-LOG-3: the first answer counts, and every commit returns it', async () => {
    const writers = await Promise.all([1, 2, 3].map((order) => on.at(order, 1, false)))
    const answers = await Promise.all(writers.map((writer, n) => writer.commit(commitOf(`${n}`, `p/${n}`))))
    const [event] = (await wholeLog(on.other, on.log)).map((one) => one.event)
    const commit = event?.type === 'committed' ? event.commit : null
    expect(answers).toEqual([commit, commit, commit])
    expect(await on.other.open(on.log, epochOf(1, 2), true)).toEqual({ state: 'committed', commit })
    await writers[0]?.fail(recordOf())
    expect(await wholeLog(on.other, on.log)).toHaveLength(1)
  })

  it('DELIVERY-LOG-5: whoever takes over learns what readers have since the last restart', async () => {
    const first = await on.at(1)
    await first.append([thought('hm'), said('one '), said('two')])
    expect(await on.at(1, 2)).toMatchObject({ text: 'one two', reasoned: true })
    const third = await on.at(2)
    await third.append([said('!'), restarted('beta/m'), said('drei ', 'beta/m')])
    await third.append([said('vier', 'beta/m')])
    expect(await writerAt(on.other, on.log, epochOf(3), true)).toMatchObject({
      text: 'drei vier',
      reasoned: false,
    })
  })

  it('DELIVERY-LOG-5: an answer in other words than those that were said comes after a restart', async () => {
    const first = await on.at(1)
    await first.append([said('one two')])
    await (await on.at(2)).commit(commitOf('one three', 'beta/m'))
    expect((await wholeLog(on.other, on.log)).map(({ event }) => event)).toMatchObject([
      { type: 'void', textAt: 1 },
      restarted('beta/m'),
      { type: 'committed' },
    ])
  })

  it('what is appended without waiting arrives in order, and in fewer pieces or the same', async () => {
    const writer = await on.at(1)
    const words = Array.from({ length: 500 }, (_, n) => `${n} `)
    const answers = words.map((word) => writer.append([said(word)]))
    const committed = writer.commit(commitOf(words.join('')))
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['appended']))
    await committed
    const events = (await wholeLog(on.other, on.log)).map(({ event }) => event)
    expect(textOf(events)).toBe(words.join(''))
    expect(events.length).toBeLessThan(50)
  })

  it('what waits behind a refused append is refused with it: no hole', async () => {
    const [first, second] = [await on.at(1, 1, false), await on.at(2, 1, false)]
    await first.append([said('a')])
    const answers = [second.append([said('b1')]), second.append([said('b2')]), first.fail(recordOf())]
    expect((await Promise.all(answers)).slice(0, 2)).toEqual(['led', 'led'])
    expect((await on.at(3)).text).toBe('a')
  })
})
