/** `forget`: what was kept of a generation is gone from wherever Holdfast keeps anything, and what is not is named. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { shadowIdOf } from '../../src/contract/shadow'
import { type ErrorBody, gatewayOver, jsonOf, type TestGateway } from '../helpers/gateway'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'

const top = mkdtempSync(path.join(tmpdir(), 'forget-'))
const config = (url: string) => `
${twoProviders(url, 'cache: {}')}
  shadowed: { candidates: [alpha/model-a], shadow: { target: beta/model-b, share: 100% } }
  plain: { candidates: [alpha/model-a] }
cache: { store: disk, path: ${top}/cache }
payloads: { store: disk, path: ${top}/payloads, over: 64KB }
`

let stack: Stack
let gateway: TestGateway
beforeAll(async () => {
  stack = await startStack({ config, delivery: true })
  gateway = await gatewayOver(stack, config)
}, 60_000)
afterAll(async () => {
  await gateway?.close()
  await stack?.close()
  rmSync(top, { recursive: true, force: true })
})
beforeEach(() => stack.simulator.reset())

const PLANTED = 'the planted secret of Mrs Quibble'
const large = (words = PLANTED): string => `${words} ${'x'.repeat(100_000)}`

/** Files of cache and payload store that hold it. */
const filesWith = (words: string): string[] =>
  readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(words))

const remove = (at: string): Promise<Response> => gateway.ask(at, { method: 'DELETE' })

/** Temporal's own deleting takes half a minute: test/long/payloads.test.ts waits for it. */
const DELETING = ['its runs, for a minute: Temporal deletes them in the background']

const ended = (id: string): Promise<unknown> => stack.client.workflow.getHandle(id).result()

const exists = (id: string): Promise<boolean> =>
  stack.client.workflow
    .getHandle(id)
    .describe()
    .then(
      () => true,
      () => false,
    )

it('a generation that has ended is gone: run, objects, cached answer and delivery log; and again does nothing', async () => {
  const { holdfast, simulator } = stack
  simulator.script('alpha', [{ answer: `answer of ${PLANTED}` }])
  const { id } = await holdfast.generate({ prompt: large() })
  await ended(id)
  expect(filesWith(PLANTED)).toHaveLength(2)
  expect(await holdfast.forget(id)).toEqual({ id, runs: 1, objects: 1, cached: true, left: DELETING })
  expect(filesWith(PLANTED)).toEqual([])
  expect(await holdfast.forget(id)).toMatchObject({ id, objects: 0, cached: false })
  expect(await holdfast.forget('never-was')).toEqual({
    id: 'never-was',
    runs: 0,
    objects: 0,
    cached: false,
    left: [],
  })
})

it('with it goes its shadow, which has its request', async () => {
  const { holdfast } = stack
  const { id } = await holdfast.generate({ route: 'shadowed', prompt: large() })
  const shadow = shadowIdOf(id)
  while (!(await exists(shadow))) await new Promise((resolve) => setTimeout(resolve, 20))
  await stack.client.workflow.getHandle(shadow).result()
  expect(await holdfast.forget(id)).toMatchObject({ runs: 2, objects: 1 })
})

it('half of it is gone already, by a forget that was killed: the rest goes', async () => {
  const { holdfast } = stack
  const { id } = await holdfast.generate({ route: 'plain', prompt: large() })
  await ended(id)
  rmSync(path.join(top, 'payloads'), { recursive: true, force: true })
  expect(await holdfast.forget(id)).toMatchObject({ runs: 1, objects: 0 })
})

it('one that runs is refused, and cancelled by force: its call hangs up, and nothing of it comes back', async () => {
  const { holdfast, simulator } = stack
  simulator.script('alpha', [{ fault: 'silent' }])
  const { id } = await holdfast.start({ route: 'plain', prompt: large() })
  while (simulator.calls().length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(await holdfastError(holdfast.forget(id))).toMatchObject({ kind: 'conflict' })
  expect(filesWith(PLANTED).filter((file) => file.includes('payloads'))).toHaveLength(1)
  expect(await holdfast.forget(id, { force: true })).toMatchObject({ runs: 1, objects: 1, left: DELETING })
  expect(filesWith(PLANTED)).toEqual([])
})

it('over HTTP: DELETE with forget=true; a running one is a 409 without force=true, and another word is a 400', async () => {
  const { holdfast, simulator } = stack
  const { id } = await holdfast.generate({ route: 'plain', prompt: 'small' })
  const response = await remove(`/v1/generations/${id}?forget=true`)
  expect(response.status).toBe(200)
  expect(await jsonOf(response)).toMatchObject({ id, runs: 1, left: DELETING })
  simulator.script('alpha', [{ fault: 'silent' }])
  const running = await holdfast.start({ route: 'plain', prompt: 'small' })
  const refused = await remove(`/v1/generations/${running.id}?forget=true`)
  expect([refused.status, (await jsonOf<ErrorBody>(refused)).error.holdfast?.kind]).toEqual([409, 'conflict'])
  expect((await remove(`/v1/generations/${running.id}?forget=yes`)).status).toBe(400)
  const forced = await remove(`/v1/generations/${running.id}?forget=true&force=true`)
  expect(forced.status).toBe(200)
})

it('another tenant’s generation is not found, and stays; neither is a workflow that is no generation', async () => {
  const { holdfast, taskQueue, client } = stack
  const { connection } = client
  const { id } = await holdfast.generate({ route: 'plain', prompt: 'small' })
  const stranger = await createInternalHoldfast({
    config: parseConfig(config(stack.simulator.url)),
    env: {},
    connection,
    namespace: client.options.namespace,
    taskQueue,
    tenant: 'stranger',
  })
  expect(await holdfastError(stranger.forget(id))).toMatchObject({ kind: 'not_found' })
  expect(await holdfastError(stranger.forget('never-was'))).toMatchObject({ kind: 'not_found' })
  await stranger.close()
  expect(await exists(id)).toBe(true)
  await client.workflow.start('circuit', {
    workflowId: `other-${id}`,
    taskQueue: `${taskQueue}-none`,
    args: [],
  })
  expect(await holdfastError(holdfast.forget(`other-${id}`, { force: true }))).toMatchObject({
    kind: 'not_found',
  })
  expect(await exists(`other-${id}`)).toBe(true)
  await client.workflow.getHandle(`other-${id}`).terminate()
})
