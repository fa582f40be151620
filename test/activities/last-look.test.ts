/** What a workflow asks before a call counts as lost. LAST-LOOK-1 stands in activities/last-look.ts. */
import { createLastLook } from '../../activities/last-look'
import { commitOf, recordOf } from '../helpers/delivery'
import { overBothLogs } from '../helpers/delivery-places'

overBothLogs((on) => {
  const look = (sequence: number, exclusive = true) =>
    createLastLook({ delivery: on.delivery })({ logId: on.log, sequence, exclusive, candidateIndex: 0 })

  it('gives the answer that the call has committed, with its records', async () => {
    const commit = { ...commitOf('whole'), candidate: 0, records: [recordOf(1)] }
    await (await on.at(1)).commit(commit)
    expect(await look(1)).toEqual({ sequence: 1, answer: commit.answer, records: commit.records })
  })

  it('gives another candidate’s answer beside the records of that candidate', async () => {
    const commit = { ...commitOf('whole'), candidate: 1, records: [recordOf(1)] }
    await on.at(1, 1, false)
    await (await on.at(2, 1, false)).commit(commit)
    expect(await look(1, false)).toEqual({
      sequence: 1,
      answer: commit.answer,
      records: [],
      answeredBy: 1,
      winning: commit.records,
    })
  })

  it('LAST-LOOK-1: where nothing is committed the call can commit no longer, nor a later attempt of it, and the next candidate can', async () => {
    const late = await on.at(1, 3)
    expect(await look(1)).toBeNull()
    expect(await late.commit(commitOf('late'))).toBeNull()
    const again = await on.delivery.open(on.log, { sequence: 1, attempt: 4 }, true)
    expect(again).toEqual({ state: 'superseded' })
    const next = commitOf('next')
    expect(await (await on.at(2)).commit(next)).toEqual(next)
    expect(await look(1)).toMatchObject({ answer: next.answer })
  })
})
