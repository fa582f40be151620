/** A probe that answers when its caller has left. LATE-PROBE-1 and LATE-PROBE-2 stand in activities/late-probe.ts. */
import pino from 'pino'
import type { Call } from '../../activities/finish-attempt'
import { commitLateProbe } from '../../activities/late-probe'
import { commitOf } from '../helpers/delivery'
import { overBothLogs } from '../helpers/delivery-places'

const LEFT_AT = 5_000

overBothLogs((on) => {
  const { answer } = commitOf('of the probe')
  const late = (exclusive = true) =>
    commitLateProbe(
      {
        deps: { delivery: on.delivery, logger: pino({ level: 'silent' }), now: () => LEFT_AT + 700 },
        context: { info: { attempt: 1 } },
        input: {
          stream: { logId: on.log, sequence: 1, exclusive },
          candidate: { target: 'alpha/m', facts: {} },
          candidateIndex: 0,
          route: 'default',
        },
      } as unknown as Call,
      [],
      answer,
      LEFT_AT,
    )
  const next = () => on.delivery.open(on.log, { sequence: 2, attempt: 1 }, true)

  it('is the answer that the next call finds, with a record without usage', async () => {
    const writer = await on.at(1)
    await writer.fail({ candidate: 0, target: 'alpha/m', number: 1, startedAt: 1, durationMs: 4_999 })
    await late()
    const record = {
      candidate: 0,
      target: 'alpha/m',
      number: 2,
      startedAt: LEFT_AT,
      durationMs: 700,
      adopted: true,
    }
    expect(await next()).toMatchObject({ state: 'committed', commit: { answer, records: [record] } })
  })

  it('LATE-PROBE-1: does not count when a later call has begun, when one has answered, or beside others', async () => {
    await on.at(1)
    const later = await on.at(2)
    await late()
    expect(await later.commit(commitOf('of the next'))).toMatchObject({ answer: { text: 'of the next' } })
    await late()
    expect(await next()).toMatchObject({ commit: { answer: { text: 'of the next' } } })
  })

  it('LATE-PROBE-1: counts for nobody where other candidates may run beside it', async () => {
    await on.at(1, 1, false)
    await late(false)
    expect(await next()).toMatchObject({ state: 'open' })
  })
})
