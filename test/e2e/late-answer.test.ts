/** A call answers, and Temporal does not learn of it before the deadline: callers and the workflow say the same. Needs `npm run build`. */
import { readRun } from '../../src/history'
import { type Apart, startApart, type WorkerProcess } from '../helpers/apart'
import { describeRedis } from '../helpers/redis'

const TEXT = 'an answer of a few words that callers have'

describeRedis('a worker that is cut off from Temporal and answers', () => {
  let apart: Apart
  beforeAll(async () => {
    // The deadline comes before it is noticed that it is away.
    apart = await startApart('30s')
    await Promise.all([apart.startWorker(), apart.startWorker()])
  }, 60_000)
  afterAll(() => apart?.close(), 20_000)

  it('the workflow ends with the answer that callers have got, and not with deadline_exceeded', async () => {
    const { simulator, holdfast } = apart
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '100ms' }])
    const override = { deadline: '6s' }
    const { id } = await holdfast.start({ prompt: 'go', stream: true, override })
    let holder: WorkerProcess | null = null
    const done: string[] = []
    for await (const event of holdfast.attach(id)) {
      if (event.type === 'done') done.push(event.result.text)
      if (holder !== null) continue
      holder = await apart.holderOf(id)
      holder.temporal.cut()
    }
    expect(done).toEqual([TEXT])
    await holder?.kill()
    const result = await holdfast.result(id)
    expect(result).toMatchObject({ text: TEXT, attempts: [{ number: 1, usage: expect.anything() }] })
    expect(result.attempts[0]).not.toHaveProperty('failure')
    expect(await holdfast.status(id)).toMatchObject({ state: 'answered' })
    expect(simulator.calls()).toHaveLength(1)
    const { attempts, outcome } = readRun(await apart.historyOf(id))
    expect(outcome).toMatchObject({ type: 'answered' })
    expect(attempts.map(({ outcome: ended }) => ended)).toEqual(['answered'])
  }, 60_000)
})
