/** Routes with `express: true`: first calls as local activities, through the whole stack. */
import { CIRCUITS_CHANGED_SIGNAL } from '../../src/contract/circuits'
import { readRun } from '../../src/history'
import { eventTypes, holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'

const express = (url: string): string => `${twoProviders(url, 'express: true')}
  one: { candidates: [alpha/model-a], express: true, deadline: 2s, retry: { maximumAttempts: 3, initialInterval: 20ms } }
`

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ config: express, delivery: true })
})
afterAll(() => stack.close())
beforeEach(() => stack.simulator.reset())

const historyOf = (id: string) => stack.client.workflow.getHandle(id).fetchHistory()

describe('a route with an express lane', () => {
  it('answers within one workflow task, and no activity is scheduled', async () => {
    const { simulator, holdfast, client } = stack
    simulator.script('alpha', [{ answer: 'forty-two', usage: { inputTokens: 7, outputTokens: 2 } }])
    const answer = await holdfast.generate({ prompt: 'short' })
    expect(answer).toMatchObject({ text: 'forty-two', target: 'alpha/model-a', attempts: [{ number: 1 }] })
    await client.workflow.getHandle(answer.id).result()
    const types = await eventTypes(client, answer.id)
    expect(types.filter((type) => type === 'EVENT_TYPE_WORKFLOW_TASK_SCHEDULED')).toHaveLength(1)
    expect(types.filter((type) => type.includes('ACTIVITY'))).toEqual([])
    const run = readRun(await historyOf(answer.id))
    expect(run.attempts).toMatchObject([
      { candidate: 0, target: 'alpha/model-a', kind: 'first', number: 1, outcome: 'answered', served: true },
    ])
  })

  it('streams', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ answer: 'one two three' }])
    const events = []
    for await (const event of holdfast.stream({ prompt: 'words' })) events.push(event)
    const text = events.flatMap((event) => (event.type === 'text' ? [event.text] : [])).join('')
    expect(text).toBe('one two three')
    expect(events.at(-1)).toMatchObject({ type: 'done' })
  })

  it('is called again by an activity, whose attempts go on from the first', async () => {
    const { simulator, holdfast, client } = stack
    simulator.script('alpha', [{ status: 529, times: 1 }, { answer: 'well again' }])
    const answer = await holdfast.generate({ route: 'one', prompt: 'again' })
    expect(answer).toMatchObject({
      text: 'well again',
      attempts: [
        { number: 1, failure: { class: 'overloaded' }, retryInMs: expect.any(Number) },
        { number: 2 },
      ],
    })
    await client.workflow.getHandle(answer.id).result()
    const run = readRun(await historyOf(answer.id))
    expect(run.attempts).toMatchObject([
      { kind: 'first', call: 1, number: 1, outcome: 'failed' },
      { kind: 'retry', call: 1, number: 2, outcome: 'answered', served: true },
    ])
    expect(run.waits).toMatchObject([{ reason: 'backoff', targets: ['alpha/model-a'] }])
  })

  it('ends its attempts where they would end without it', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ status: 529 }])
    const error = await holdfastError(holdfast.generate({ route: 'one', prompt: 'never' }))
    expect(error.attempts.map(({ number }) => number)).toEqual([1, 2, 3])
    expect(simulator.calls()).toHaveLength(3)
  })

  it('falls back within the task', async () => {
    const { simulator, holdfast, client } = stack
    simulator.script('alpha', [{ fault: 'unauthorized' }])
    simulator.script('beta', [{ answer: 'from beta' }])
    const answer = await holdfast.generate({ prompt: 'fall back' })
    expect(answer).toMatchObject({ text: 'from beta', attempts: [{ candidate: 0 }, { candidate: 1 }] })
    await client.workflow.getHandle(answer.id).result()
    const types = await eventTypes(client, answer.id)
    expect(types.filter((type) => type === 'EVENT_TYPE_WORKFLOW_TASK_SCHEDULED')).toHaveLength(1)
    const run = readRun(await historyOf(answer.id))
    expect(run.attempts).toMatchObject([
      { kind: 'first', candidate: 0, outcome: 'failed' },
      { kind: 'fallback', candidate: 1, outcome: 'answered' },
    ])
  })

  it('is not paid twice where a signal makes Temporal discard the task that answers', async () => {
    const { simulator, holdfast, client } = stack
    simulator.script('alpha', [{ answer: 'once', latency: '500ms' }])
    const { id } = await holdfast.start({ prompt: 'signalled' })
    await simulator.waitForCalls(1, {}, 5_000)
    await client.workflow.getHandle(id).signal(CIRCUITS_CHANGED_SIGNAL)
    expect(await client.workflow.getHandle(id).result()).toMatchObject({ text: 'once' })
    expect(simulator.calls()).toHaveLength(1)
    const { taskFailures, attempts } = readRun(await historyOf(id))
    expect(taskFailures).toMatchObject([{ message: 'UnhandledCommand' }])
    expect(attempts).toMatchObject([{ number: 1, kind: 'first', outcome: 'answered', served: true }])
  })

  it('ends at the deadline', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ fault: 'silent' }])
    const startedAt = Date.now()
    const error = await holdfastError(holdfast.generate({ route: 'one', prompt: 'late' }))
    expect(error).toMatchObject({ kind: 'deadline_exceeded', attempts: [{ failure: { class: 'timeout' } }] })
    expect(Date.now() - startedAt).toBeLessThan(5_000)
  })

  it('is cancelled', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ fault: 'silent' }])
    const { id } = await holdfast.start({ prompt: 'cancel' })
    await simulator.waitForCalls(1, {}, 5_000)
    await holdfast.cancel(id)
    const error = await holdfastError(holdfast.result(id))
    expect(error).toMatchObject({ kind: 'cancelled', attempts: [{ failure: { class: 'cancelled' } }] })
    expect(readRun(await historyOf(id)).attempts).toMatchObject([{ outcome: 'cancelled' }])
  }, 30_000)
})
