/** Twenty generations that wait for a rate limit while a build is deployed whose workflows differ. */
import { Client, Connection } from '@temporalio/client'
import { createHoldfast, type Holdfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Commands, commands } from './commands'
import { typesOf } from './histories'
import { type OtherBuild, otherBuild, todaysBuild } from './other-build'
import { until } from './processes'

const WAITING = 20
/** Of these each has one more pass to wait for, once the new build is there. */
const WAIT_TWICE = 8

const configText = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
defaults: { circuit: false }
routes:
  default: { candidates: [alpha/model-a], passes: 5, retry: { maximumAttempts: 1 } }
`

/** Called in a `describe`. */
export function waitingAcrossDeploy() {
  let host: Commands
  let simulator: Simulator
  let next: OtherBuild
  beforeAll(async () => {
    next = await otherBuild('changed.ts')
  }, 60_000)
  afterAll(() => next?.remove())

  beforeEach(async () => {
    simulator = await startSimulator()
    simulator.script('alpha', [
      { status: 429, retryAfter: '8', times: WAITING },
      { status: 429, retryAfter: '1', times: WAIT_TWICE },
      { answer: 'after the deploy' },
    ])
    host = commands()
    host.file('holdfast.yaml', configText(simulator.url))
  })
  afterEach(async () => {
    await host.close()
    await simulator.close()
  })

  const clientOf = async (address: string, taskQueue?: string) => ({
    holdfast: await createHoldfast({
      config: parseConfig(configText(simulator.url)),
      env: { TEMPORAL_ADDRESS: address },
      ...(taskQueue === undefined ? {} : { taskQueue }),
    }),
    client: new Client({ connection: await Connection.connect({ address }) }),
  })

  /** Each has been refused once, and Temporal knows it. */
  const startWaiting = async (holdfast: Holdfast, client: Client): Promise<string[]> => {
    const started = await Promise.all(
      Array.from({ length: WAITING }, (_, index) => holdfast.start({ prompt: `waits ${index}` })),
    )
    await simulator.waitForCalls(WAITING, {}, 20_000)
    const ids = started.map(({ id }) => id)
    const waits = async (id: string): Promise<boolean> => {
      const { raw } = await client.workflow.getHandle(id).describe()
      return (raw.pendingActivities ?? []).length === 0 && raw.pendingWorkflowTask == null
    }
    await until('all wait', async () => (await Promise.all(ids.map(waits))).every(Boolean))
    return ids
  }

  /** In all runs of a generation's chain. */
  const expectNoFailedTask = async (client: Client, id: string): Promise<void> => {
    const last = client.workflow.getHandle(id)
    const { raw } = await last.describe()
    const first = raw.workflowExecutionInfo?.firstRunId ?? ''
    for (const handle of [last, client.workflow.getHandle(id, first)])
      expect(typesOf(await handle.fetchHistory())).not.toContain('EVENT_TYPE_WORKFLOW_TASK_FAILED')
  }

  /** The builds whose code ended these generations. */
  const buildsOf = async (client: Client, ids: readonly string[]): Promise<Set<string>> => {
    const described = await Promise.all(ids.map((id) => client.workflow.getHandle(id).describe()))
    return new Set(
      described.map(({ raw }) => raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? ''),
    )
  }

  const expectAnswered = async (holdfast: Holdfast, client: Client, ids: readonly string[]) => {
    const results = await Promise.all(ids.map((id) => holdfast.result(id)))
    expect(results.map(({ text }) => text)).toEqual(Array(WAITING).fill('after the deploy'))
    expect(simulator.calls()).toHaveLength(WAITING + WAIT_TWICE + WAITING)
    for (const id of ids) await expectNoFailedTask(client, id)
    // Those that had to wait once more have moved to the new build, the others have ended with theirs.
    expect(await buildsOf(client, ids)).toEqual(new Set([todaysBuild(), next.buildId]))
    const { id } = await holdfast.generate({ prompt: 'new' })
    expect(await buildsOf(client, [id])).toEqual(new Set([next.buildId]))
  }

  return {
    host: () => host,
    next: () => next,
    clientOf,
    startWaiting,
    expectAnswered,
  }
}
