/**
 * Saved histories beside the same runs of today's workflow code. A change that can't replay them would break every run
 * under way at its deploy: that all of them replay is shown by test/testing/replay.test.ts, which compares more than
 * Temporal does.
 */
import { DeterminismViolationError } from '@temporalio/workflow'
import type { CacheStack } from '../helpers/cache-stack'
import {
  type History,
  recording,
  replay,
  savedHistory,
  savedNames,
  saveHistory,
  typesOf,
} from '../helpers/histories'
import { continuedRuns, OVERLAPPING, replayStack, SCENARIOS } from '../helpers/replay-scenarios'

const DECIDED =
  /ACTIVITY_TASK_(SCHEDULED|CANCEL_REQUESTED)|MARKER_RECORDED|UPSERT|CHILD_.*INITIATED|EXECUTION_(COMPLETED|FAILED|CANCELED|CONTINUED)/
const decided = (history: History): string[] => typesOf(history).filter((type) => DECIDED.test(type))

/** How often it reads the circuits while it waits is the clock's business. */
const comparable = (name: string, history: History): string[] => {
  const types = OVERLAPPING.has(name) ? decided(history) : typesOf(history)
  return name === 'circuit-wait' ? types.filter((type) => !type.endsWith('MARKER_RECORDED')) : types
}

/** Of a server of their own. */
const CONTINUED = ['continued', 'continued-on']

let stack: CacheStack
beforeAll(async () => {
  stack = await replayStack()
})
afterAll(() => stack.close())
beforeEach(() => stack.simulator.reset())

const historyOf = async (name: string): Promise<History> => {
  const id = await SCENARIOS[name]?.(stack)
  if (id === undefined) throw new Error(`there is no scenario ${name}`)
  return stack.client.workflow.getHandle(id).fetchHistory()
}

if (CONTINUED.some(recording))
  it('is recorded: a run that is continued as new, and the one that goes on', async () => {
    const continued = await continuedRuns()
    for (const [index, name] of CONTINUED.entries()) {
      const handle = continued.stack.client.workflow.getHandle(continued.id, continued.runs[index])
      saveHistory(name, await handle.fetchHistory())
    }
    await continued.stack.close()
  }, 60_000)

it('there is a saved history of every scenario', () => {
  const recorded = new Set([...savedNames(), ...Object.keys(SCENARIOS).filter(recording)])
  expect([...Object.keys(SCENARIOS), ...CONTINUED].filter((name) => !recorded.has(name))).toEqual([])
})

describe.each(Object.keys(SCENARIOS))('the history of a generation that is %s', (name) => {
  it('has the commands of the same run today, one for one', async () => {
    const today = await historyOf(name)
    if (recording(name)) saveHistory(name, today)
    expect(comparable(name, today)).toEqual(comparable(name, savedHistory(name)))
  })
})

it.each(['failed-over', 'race', 'hedge', 'passes', 'cache-stale'])(
  '%s does not replay where its first call was to another activity, and it is said what to do',
  async (name) => {
    const history = savedHistory(name)
    const scheduled = history.events?.find(({ activityTaskScheduledEventAttributes: it }) => it != null)
    const attributes = scheduled?.activityTaskScheduledEventAttributes
    if (attributes == null) throw new Error('no activity in the saved history')
    attributes.activityType = { name: 'somethingElse' }
    const error = await replay(history).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ cause: expect.any(DeterminismViolationError) })
    expect(String(error)).toContain('npm run keep-history')
  },
)

/**
 * Recorded with the build before records were bounded by bytes: what it was to be continued as new with was too long for
 * the cluster, so its last task failed again and again. A worker of today's build takes that task on.
 */
it('the saved history of a run that was jammed by its records replays up to the task that failed', async () => {
  const history = savedHistory('jammed', '0.1.0-alpha.1')
  expect(typesOf(history).filter((type) => type === 'EVENT_TYPE_WORKFLOW_TASK_FAILED')).toHaveLength(2)
  await expect(replay(history)).resolves.toBeUndefined()
})
