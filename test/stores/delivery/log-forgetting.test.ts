/** One suite over all delivery logs: after `forget` nothing of a log is left, whoever wrote or reads it. */
import {
  commitOf,
  epochOf,
  reading,
  recordOf,
  said,
  thought,
  wholeLog,
  writerAt,
} from '../../helpers/delivery'
import { overBothLogs } from '../../helpers/delivery-places'
import { until } from '../../helpers/processes'

overBothLogs((on) => {
  const answered = async (log: string, text: string) => {
    const writer = await writerAt(on.delivery, log, epochOf(1))
    await writer.append([thought('hm'), said(text)])
    await writer.commit(commitOf(text))
  }

  it('an answered log is gone: a later call finds neither its answer nor its words', async () => {
    await answered(on.log, 'one')
    await on.other.forget(on.log)
    expect(await on.delivery.open(on.log, epochOf(2), true)).toMatchObject({ state: 'open', text: '' })
  })

  it('so is one that has words, a failed call and no answer; its epochs are forgotten too', async () => {
    const writer = await on.at(3)
    await writer.append([said('half ')])
    await writer.fail(recordOf())
    await on.other.forget(on.log)
    const again = await on.at(1)
    expect([again.text, again.reasoned]).toEqual(['', false])
    await again.append([said('new')])
    await again.commit(commitOf('new'))
    expect((await wholeLog(on.other, on.log)).map(({ event }) => event.type)).toEqual(['text', 'committed'])
  })

  it('a reader that comes later gets nothing of it, and one that resumes by a position of it ends', async () => {
    await answered(on.log, 'one')
    await on.other.forget(on.log)
    await reading(on.delivery, on.log, 2).ended
    const anew = reading(on.delivery, on.log)
    await answered(on.log, 'two')
    await anew.ended
    expect(anew.text()).toBe('two')
    expect(JSON.stringify(anew.delivered)).not.toContain('one')
  })

  it('a reader within it ends', async () => {
    const writer = await on.at(1)
    await writer.append([said('one ')])
    const read = reading(on.other, on.log)
    await until('the first is there', () => read.delivered.length === 1)
    await on.delivery.forget(on.log)
    await read.ended
    expect(read.text()).toBe('one ')
  })

  it('its writer can bring nothing of it back', async () => {
    const writer = await on.at(1)
    await writer.append([said('one ')])
    await on.other.forget(on.log)
    await expect(writer.append([said('two')])).rejects.toThrow(/lost/)
    expect(await writer.commit(commitOf('one two')).catch(() => null)).toBeNull()
    expect(await on.delivery.open(on.log, epochOf(2), true)).toMatchObject({ state: 'open', text: '' })
  })

  it('no other log is touched, and to forget one that is gone or never was does nothing', async () => {
    const beside = `${on.log}-beside`
    await answered(beside, 'beside')
    await answered(on.log, 'one')
    for (const log of [on.log, on.log, `${on.log}-never`]) await on.other.forget(log)
    expect((await wholeLog(on.delivery, beside)).at(-1)?.event).toEqual({
      type: 'committed',
      commit: commitOf('beside'),
    })
  })
})
