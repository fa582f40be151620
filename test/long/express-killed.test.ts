/** The express lane, and workers that are killed or cut off in it. Needs `npm run build`. */
import { readRun } from '../../src/history'
import { type Apart, startApart, type WorkerProcess } from '../helpers/apart'
import { describeRedis } from '../helpers/redis'

const TEXT = 'an answer of a few words that callers have'
const LOST = { number: 1, failure: { class: 'worker_lost' }, estimate: expect.anything() }

describeRedis('a worker with a call in the express lane', () => {
  let apart: Apart
  beforeAll(async () => {
    apart = await startApart()
    await Promise.all([apart.startWorker(), apart.startWorker(), apart.startWorker()])
  }, 60_000)
  afterAll(() => apart?.close(), 20_000)
  beforeEach(() => apart.simulator.reset())

  /** Attached from the start; `act` once, at the first words. */
  const followed = async (id: string, act: (holder: WorkerProcess) => Promise<void>) => {
    let acted: Promise<void> | null = null
    let text = ''
    let restarts = 0
    for await (const event of apart.holdfast.attach(id, { restarts: 'event' })) {
      if (event.type === 'restart') {
        text = ''
        restarts += 1
      }
      if (event.type === 'text') text += event.text
      acted ??= apart.taskHolderOf(id).then(act)
    }
    await acted
    return { text, restarts }
  }

  it('is killed in mid-call: an activity of another one calls again, and readers have each word once', async () => {
    const { simulator, holdfast } = apart
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '150ms' }])
    const { id } = await holdfast.start({ route: 'express', prompt: 'go', stream: true })
    const { text } = await followed(id, (holder) => holder.kill())
    expect(text).toBe(TEXT)
    const result = await holdfast.result(id)
    expect(result).toMatchObject({ text: TEXT, attempts: [LOST, { number: 2 }] })
    expect(simulator.calls()).toHaveLength(2)
    const { attempts, taskFailures } = readRun(await apart.historyOf(id))
    expect(attempts.map(({ number, outcome, kind }) => ({ number, outcome, kind }))).toEqual([
      { number: 1, outcome: 'failed', kind: 'first' },
      { number: 2, outcome: 'answered', kind: 'retry' },
    ])
    expect(taskFailures).toMatchObject([{ cause: 'timed_out' }])
    await apart.startWorker()
  }, 60_000)

  it('is cut off, and goes on: its words are refused once another one has the call', async () => {
    const { simulator, holdfast } = apart
    simulator.script('alpha', [
      { answer: 'words of one that nobody waits for any longer', tokenLatency: '1500ms', times: 1 },
      { answer: TEXT, tokenLatency: '500ms' },
    ])
    const { id } = await holdfast.start({ route: 'express', prompt: 'go', stream: true })
    let holder: WorkerProcess | null = null
    const { text, restarts } = await followed(id, async (found) => {
      holder = found
      found.temporal.cut()
    })
    expect(text).toBe(TEXT)
    // Of two that publish at once one is refused: a word of the other between its own would void them once more.
    expect(restarts).toBe(1)
    // The one that was cut off has hung up.
    await simulator.waitForCalls(1, { outcome: 'client_aborted' }, 20_000)
    expect(await holdfast.result(id)).toMatchObject({ text: TEXT, attempts: [LOST, { number: 2 }] })
    await (holder as WorkerProcess | null)?.kill()
    await apart.startWorker()
  }, 60_000)

  it('answers when it is cut off, and is killed: its answer counts, and is not paid again', async () => {
    const { simulator, holdfast } = apart
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '150ms' }])
    const { id } = await holdfast.start({ route: 'express', prompt: 'go', stream: true })
    let holder: WorkerProcess | null = null
    const { text } = await followed(id, async (found) => {
      holder = found
      found.temporal.cut()
    })
    expect(text).toBe(TEXT)
    await (holder as WorkerProcess | null)?.kill()
    expect(await holdfast.result(id)).toMatchObject({ text: TEXT })
    expect(simulator.calls()).toHaveLength(1)
  }, 60_000)

  it('is killed after its task was renewed: the same', async () => {
    const { simulator, holdfast } = apart
    simulator.script('alpha', [
      { answer: 'one two three four five six seven eight', tokenLatency: '1500ms', times: 1 },
      { answer: TEXT },
    ])
    const { id } = await holdfast.start({ route: 'express', prompt: 'go' })
    await simulator.waitForCalls(1, {}, 10_000)
    for (;;) {
      const { events = [] } = (await apart.historyOf(id)) as { events?: { eventType?: string }[] }
      if (events.filter(({ eventType }) => eventType?.endsWith('WORKFLOW_TASK_STARTED')).length > 1) break
    }
    await (await apart.taskHolderOf(id)).kill()
    expect(await holdfast.result(id)).toMatchObject({ text: TEXT, attempts: [LOST, { number: 2 }] })
    expect(simulator.calls()).toHaveLength(2)
    const { attempts } = readRun(await apart.historyOf(id))
    expect(attempts.map(({ number, outcome }) => ({ number, outcome }))).toEqual([
      { number: 1, outcome: 'failed' },
      { number: 2, outcome: 'answered' },
    ])
  }, 60_000)
})
