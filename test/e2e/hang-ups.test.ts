/** Callers that hang up at once: no call of theirs runs on. Four hundred of them: test/long/hang-ups.test.ts. */
import { createHoldfast, type Holdfast } from '../../src/client'
import { createCancels } from '../../src/client/cancels'
import { parseConfig } from '../../src/config'
import { hangUpAtOnce, heldStack, unanswered, wrapped } from '../helpers/hang-ups'
import { until } from '../helpers/processes'
import { holdfastError } from '../helpers/stack'

it.each([
  [120, '', false],
  [40, ', and whose gateway has to go then', true],
] as const)(
  'of %d callers that hang up at once%s, every generation is cancelled and every call hung up on',
  async (callers, _, drain) => {
    const { ends, tookMs, failed, pending } = await hangUpAtOnce(callers, drain)
    process.stderr.write(`hang-ups: the last call was hung up on after ${Math.round(tookMs)} ms\n`)
    expect({ ends, failed, pending }).toEqual({ ends: { CANCELLED: callers }, failed: 0, pending: 0 })
    expect(tookMs).toBeLessThan(15_000)
  },
  120_000,
)

it('a start without a key that Temporal did not confirm is cancelled once Temporal answers, because no caller has its id', async () => {
  const { stack, provider, config, close } = await heldStack()
  /** Temporal has the start, and its word is lost on the way; so are the first cancellations. */
  let lost = 3
  const connection = wrapped(stack.client.connection, {
    startWorkflowExecution: (send) => async (request) => {
      await send(request)
      throw unanswered(4)
    },
    requestCancelWorkflowExecution: (send) => async (request) => {
      lost -= 1
      if (lost >= 0) throw unanswered(14)
      return send(request)
    },
  })
  const holdfast: Holdfast = await createHoldfast({
    config: parseConfig(config),
    env: {},
    connection,
    namespace: stack.client.options.namespace,
    taskQueue: stack.taskQueue,
  })
  try {
    const unkeyed = await holdfastError(holdfast.generate({ prompt: 'nobody knows' }))
    const keyed = await holdfastError(
      holdfast.generate({ prompt: 'somebody knows', idempotencyKey: stack.taskQueue }),
    )
    expect([unkeyed.accepted, keyed.accepted]).toEqual(['unknown', 'unknown'])
    const statusOf = async (id: string | null) =>
      (await stack.client.workflow.getHandle(id ?? '').describe()).status.name
    await until('it is cancelled', async () => (await statusOf(unkeyed.generationId)) === 'CANCELLED')
    await until('its call is hung up on', () => provider.held() === 1)
    expect(await statusOf(keyed.generationId)).toBe('RUNNING')
    expect(lost).toBeLessThan(0)
  } finally {
    await holdfast.close()
    await close()
  }
})

describe('cancellations', () => {
  const cancellation = (send: () => Promise<boolean>, ending = new AbortController().signal) => ({
    untilAt: Date.now() + 60_000,
    ending,
    send,
  })

  it('are sent eight at a time, again where Temporal does not take them, and counted', async () => {
    const cancels = createCancels()
    let atOnce = 0
    let most = 0
    const send = (fails: number) => async () => {
      atOnce += 1
      most = Math.max(most, atOnce)
      await new Promise((resolve) => setImmediate(resolve))
      atOnce -= 1
      fails -= 1
      if (fails >= 0) throw new Error('away')
      return true
    }
    const all = Array.from({ length: 100 }, (_, index) => cancels.cancel(cancellation(send(index % 3))))
    expect(cancels.counts()).toEqual({ pending: 100, done: 0, failed: 0 })
    expect(await Promise.all(all)).toEqual(Array(100).fill(true))
    expect(cancels.counts()).toEqual({ pending: 0, done: 100, failed: 0 })
    expect(most).toBe(8)
  })

  it('end as failed where their process goes, or the generation is over by its deadline', async () => {
    const cancels = createCancels()
    const ending = new AbortController()
    const away = () => Promise.reject(new Error('away'))
    const one = cancels.cancel(cancellation(away, ending.signal))
    const late = cancels.cancel({ ...cancellation(away), untilAt: Date.now() + 50 })
    expect(await late).toBe(false)
    ending.abort()
    expect(await one).toBe(false)
    expect(cancels.counts()).toEqual({ pending: 0, done: 0, failed: 2 })
  })
})
