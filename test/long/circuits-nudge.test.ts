/** Which generations are notified that a circuit has changed: on a real server, without a worker, so that all they got stays countable. */
import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { type Nudged, nudge } from '../../src/client/nudge'
import { parseConfig } from '../../src/config'
import { CIRCUITS_CHANGED_SIGNAL } from '../../src/contract/circuits'
import { GENERATION_WORKFLOW } from '../../src/contract/generation'
import { startAttributes } from '../../src/contract/generation-attributes'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const CONFIG = `
providers:
  alpha: { api: openai-chat, baseUrl: http://127.0.0.1:1/v1, auth: none }
  beta: { api: openai-chat, baseUrl: http://127.0.0.1:1/v1, auth: none }
defaults: { circuit: { whenAllOpen: wait } }
routes:
  both: { candidates: [alpha/model-a, beta/model-b] }
  alpha-only: { candidates: [alpha/model-a] }
  beta-only: { candidates: [beta/model-b] }
  again: { candidates: [alpha/model-a], passes: 2, circuit: { whenAllOpen: try } }
  never: { candidates: [alpha/model-a], circuit: { whenAllOpen: fail } }
  without: { candidates: [alpha/model-a], passes: 2, circuit: false }
`
const config = parseConfig(CONFIG)

let connection: Connection
let client: Client
let taskQueue: string
const started: string[] = []

beforeAll(async () => {
  const { address, namespace } = testServer()
  connection = await Connection.connect({ address })
  client = new Client({ connection, namespace })
})
beforeEach(() => {
  taskQueue = ownTaskQueue('nudge')
})
afterEach(async () => {
  await Promise.all(started.splice(0).map((id) => client.workflow.getHandle(id).terminate()))
})
afterAll(() => connection.close())

/** A run without a worker: it goes nowhere. `route: null`: no search attributes. */
async function start(route: string | null, type: string = GENERATION_WORKFLOW): Promise<string> {
  const workflowId = `nudge-${randomUUID()}`
  const attributes = route === null ? {} : { typedSearchAttributes: startAttributes(route, null) }
  await client.workflow.start(type, { workflowId, taskQueue, args: [], ...attributes })
  started.push(workflowId)
  return workflowId
}

/** Till the server's index has them all. */
async function indexed(count: number): Promise<void> {
  const startedAt = Date.now()
  while ((await client.workflow.count(`TaskQueue = '${taskQueue}'`)).count < count)
    if (Date.now() - startedAt > 10_000) throw new Error('the index never had them')
}

async function signalsOf(id: string): Promise<number> {
  const { events } = await client.workflow.getHandle(id).fetchHistory()
  const names = (events ?? []).map((event) => event.workflowExecutionSignaledEventAttributes?.signalName)
  return names.filter((name) => name === CIRCUITS_CHANGED_SIGNAL).length
}

const change = (settings: Partial<Parameters<typeof nudge>[1]>): Promise<Nudged> =>
  nudge(client, {
    config,
    taskQueue,
    searchAttributes: true,
    provider: 'alpha',
    model: 'model-a',
    to: 'closed',
    changedAt: Date.now(),
    ...settings,
  })

async function nudgedRoutes(
  routes: readonly (string | null)[],
  settings: Partial<Parameters<typeof nudge>[1]>,
): Promise<(string | null)[]> {
  const ids = await Promise.all(routes.map((route) => start(route)))
  await indexed(ids.length)
  const nudged = await change(settings)
  const counts = await Promise.all(ids.map(signalsOf))
  expect(Math.max(...counts)).toBeLessThanOrEqual(1)
  const nudgedOnes = routes.filter((_, at) => counts[at] === 1)
  expect(nudged).toEqual({ sent: nudgedOnes.length, problem: null })
  return nudgedOnes
}

const ROUTES = [
  'both',
  'alpha-only',
  'beta-only',
  'again',
  'never',
  'without',
  'alpha/model-a',
  'alpha/x',
  null,
]

it('a model: the routes that name it and can wait, the target itself, and those of unknown route, once each', async () => {
  expect(await nudgedRoutes(ROUTES, {})).toEqual(['both', 'alpha-only', 'again', 'alpha/model-a', null])
})

it('a provider: all its targets too', async () => {
  const nudgedOnes = await nudgedRoutes(ROUTES, { model: null })
  expect(nudgedOnes).toEqual(['both', 'alpha-only', 'again', 'alpha/model-a', 'alpha/x', null])
})

it('without search attributes registered: all that run on the task queue', async () => {
  expect(await nudgedRoutes(ROUTES, { searchAttributes: false })).toEqual(ROUTES)
})

it("a name that the server's query can't hold costs nobody the nudge", async () => {
  const odd = 'it\'s "odd"\\'
  expect(await nudgedRoutes([`alpha/${odd}`, 'both'], { model: odd })).toContain(`alpha/${odd}`)
})

it('nobody, when it opens, or when no route can wait', async () => {
  expect(await nudgedRoutes(['both'], { to: 'open' })).toEqual([])
  const never = parseConfig(CONFIG.replace('wait', 'try').replace('passes: 2', 'passes: 1'))
  expect(await change({ config: never })).toEqual({ sent: 0, problem: null })
})

it('no other workflow, and no other task queue', async () => {
  const other = await start('both', 'something-else')
  await indexed(1)
  expect(await change({})).toEqual({ sent: 0, problem: null })
  const mine = await start('both')
  await indexed(2)
  expect(await change({ taskQueue: ownTaskQueue('other') })).toEqual({ sent: 0, problem: null })
  expect(await Promise.all([other, mine].map(signalsOf))).toEqual([0, 0])
})

it('one that starts after the first list is notified by the second', async () => {
  const nudging = change({})
  const id = await start('both')
  expect(await nudging).toEqual({ sent: 1, problem: null })
  expect(await signalsOf(id)).toBe(1)
})

it('says so when the server refuses', async () => {
  const away = new Client({ connection, namespace: 'no-such-namespace' })
  const nudged = await nudge(away, {
    config,
    taskQueue,
    searchAttributes: true,
    provider: 'alpha',
    model: null,
    to: 'auto',
    changedAt: Date.now(),
  })
  expect(nudged).toEqual({ sent: 0, problem: expect.stringMatching(/no-such-namespace/) })
})
