/** Today's code over recorded runs, and over code and histories that differ: what Temporal's own replay lets pass as well. */
import path from 'node:path'
import { Worker } from '@temporalio/worker'
import { historyToJson } from '../../src/temporal/history-json'
import { keptBundle, workflowBundle } from '../../src/temporal/workflow-bundle'
import { ReplayDiffersError, replay } from '../../src/testing/replay'
import { savedHistory } from '../helpers/histories'

const FIXTURES = path.resolve(__dirname, '..', 'fixtures')
const fileOf = (name: string): string => path.join(FIXTURES, 'histories', 'unreleased', `${name}.json`)
const buildOf = (name: string) => keptBundle(path.join(FIXTURES, 'builds', `${name}.ts`))

const differs = async (act: Promise<unknown>): Promise<ReplayDiffersError> => {
  const error = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof ReplayDiffersError) return error
  throw new Error(`expected a difference, got ${String(error)}`)
}

/** Does Temporal's own replay let it pass? */
const sdkReplays = async (history: ReturnType<typeof savedHistory>, bundle: { codePath: string }) =>
  Worker.runReplayHistory({ workflowBundle: bundle }, history, 'replayed').then(
    () => true,
    () => false,
  )

it('a path, proto JSON and a fetched history are read alike, and the decisions are sentences', async () => {
  const fromFile = await replay(fileOf('hedge'))
  expect(await replay(savedHistory('hedge'))).toEqual(fromFile)
  expect(await replay(historyToJson(savedHistory('hedge')))).toEqual(fromFile)
  expect(fromFile.decisions).toEqual([
    'read the circuits',
    'attempt at alpha/model-a',
    'wait 200 ms',
    'read the circuits',
    'attempt at beta/model-b',
    'wait 1 s',
    'cancel: attempt at alpha/model-a',
    'cancel: wait 1 s',
    'write the search attributes',
    'end: answered by beta/model-b',
  ])
})

it('code that calls two targets in another order is named, though Temporal’s replay lets it pass', async () => {
  const workflowBundle = await buildOf('reordered')
  const history = savedHistory('race')
  expect(await sdkReplays(history, workflowBundle)).toBe(true)
  const error = await differs(replay(history, { workflowBundle }))
  expect(error.message).toContain(
    "its decision 2 differs. Recorded: attempt at alpha/model-a (event 6); today's code: attempt at beta/model-b.\nBefore it, the same in both: read the circuits.",
  )
  expect(error).toMatchObject({
    recorded: 'attempt at alpha/model-a',
    today: 'attempt at beta/model-b',
    eventId: 6,
  })
})

it('code that does one thing more first is named, with what Temporal says', async () => {
  const error = await differs(replay(fileOf('failed-over'), { workflowBundle: await buildOf('changed') }))
  expect(error.message).toContain("Recorded: read the circuits (event 5); today's code: wait 1 ms.")
  expect(error.message).toContain('Temporal says: [TMPRL1100]')
})

it('what code would do beyond the recorded end is a difference, though Temporal’s replay lets it pass', async () => {
  const history = savedHistory('failed-over')
  const shorter = { ...history, events: history.events?.slice(0, -1) ?? [] }
  expect(await sdkReplays(shorter, await workflowBundle())).toBe(true)
  const { message } = await differs(replay(shorter))
  expect(message).toContain("Recorded: nothing more; today's code: end: answered by beta/model-b.")
})

it('what was recorded and code no longer does is a difference', async () => {
  const history = savedHistory('failed-over')
  const events = history.events ?? []
  const last = events.at(-1)
  const again = { ...events.at(-2), eventId: last?.eventId ?? null }
  const { message } = await differs(replay({ ...history, events: [...events.slice(0, -1), again] }))
  expect(message).toContain('Recorded: write the search attributes (event')
  expect(message).toContain("today's code: end: answered by beta/model-b.")
})

it('a task that was under way when the history was read is not compared', async () => {
  const history = savedHistory('failed-over')
  const completedAt = history.events?.findLastIndex(
    ({ workflowTaskCompletedEventAttributes: it }) => it != null,
  )
  const { decisions } = await replay({ ...history, events: history.events?.slice(0, completedAt) ?? [] })
  expect(decisions.at(-1)).toBe('attempt at beta/model-b')
})

it.each([
  [{ events: [] }, 'a list of `events`'],
  [{ events: [{ eventId: 1, eventTime: {} }] }, "can't be read"],
  [{ events: [{ eventId: '5', eventType: 'TimerFired', timerFiredEventAttributes: {} }] }, 'not whole'],
  ['/no/such/file.json', '/no/such/file.json: ENOENT'],
])('what is no history says so: %j', async (input, message) => {
  await expect(replay(input)).rejects.toThrow(message)
})
