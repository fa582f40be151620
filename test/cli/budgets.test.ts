/** `holdfast budgets`: what it prints for people and as JSON, and what it does where there is nothing to read. */
import type { TenantBudget } from '../../src/client/budgets'
import { type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/processes'
import { type Stack, startStack, twoProviders } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

const TENANTS = `
tenants:
  acme: { budgets: [{ window: 366d, requests: 2, dollars: 5 }] }
  quiet: { budgets: [{ window: 1d, tokens: 100 }] }
`
const config = (url: string): string => `${twoProviders(url)}${TENANTS}`

let stack: Stack
let host: Commands
let file: string
beforeAll(async () => {
  stack = await startStack({ config, tenant: 'acme' })
  host = commands()
  file = host.file('holdfast.yaml', config(stack.simulator.url))
  await stack.holdfast.generate({ prompt: 'hi' })
  await until('what it used is reported', async () => (await budgetOf('acme')).used === 1, 20_000)
}, 60_000)
afterAll(async () => {
  await host?.close()
  await stack?.close()
})

async function budgets(...args: string[]) {
  return budgetsAt(testServer().address, ...args)
}

async function budgetsAt(address: string, ...args: string[]) {
  const env = { TEMPORAL_ADDRESS: address, HOLDFAST_TASK_QUEUE: stack.taskQueue }
  const command = host.run(
    ['budgets', ...args, ...(args.includes('--config') ? [] : ['--config', file])],
    env,
  )
  const exit = await command.exited
  return { exit, stdout: command.stdout(), stderr: command.stderr() }
}

async function budgetOf(tenant: string): Promise<{ used: number | undefined }> {
  const { tenants } = JSON.parse((await budgets(tenant, '--json')).stdout) as { tenants: TenantBudget[] }
  const [budget] = tenants
  return { used: budget?.known ? budget.limits[0]?.used : undefined }
}

/** The cells of the row that begins so. */
const cellsOf = (table: string, begin: string): string[] | undefined =>
  table
    .split('\n')
    .map((line) =>
      line
        .split('│')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .find((cells) => cells.join(' ').startsWith(begin))

it('a row for each limit of each tenant of the config, and why one has none', async () => {
  const { exit, stdout } = await budgets()
  expect(exit).toBe(0)
  expect(cellsOf(stdout, 'tenant')).toEqual([
    'tenant',
    'window',
    'unit',
    'used',
    'reserved',
    'limit',
    'until',
    'waiting',
  ])
  const until = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/)
  expect(cellsOf(stdout, 'acme 366d requests')?.slice(3)).toEqual(['1', '0', '2', until, '0'])
  expect(cellsOf(stdout, 'acme 366d dollars')?.slice(3)).toEqual([
    '$0.000000',
    '$0.000000',
    '$5.00',
    until,
    '0',
  ])
  expect(cellsOf(stdout, 'quiet')?.slice(1, 3)).toEqual([
    'unknown',
    `no request of this tenant yet on task queue ${stack.taskQueue}`,
  ])
})

it('--json has all of it, with moments in epoch milliseconds', async () => {
  const { exit, stdout } = await budgets('acme', '--json')
  expect(exit).toBe(0)
  const { at, taskQueue, tenants } = JSON.parse(stdout)
  expect(Math.abs(Date.now() - at)).toBeLessThan(60_000)
  expect({ taskQueue, tenants }).toMatchObject({
    taskQueue: stack.taskQueue,
    tenants: [
      {
        tenant: 'acme',
        known: true,
        waiting: 0,
        limits: [
          { windowMs: 366 * 86_400_000, unit: 'requests', limit: 2, added: 0, used: 1, reserved: 0 },
          { unit: 'dollars', limit: 5, endsAt: expect.any(Number) },
        ],
      },
    ],
  })
})

it('a tenant that nobody knows is no failure, and an addition to it is one', async () => {
  const [read, asJson, added, addedAsJson] = await Promise.all([
    budgets('nobody'),
    budgets('nobody', '--json'),
    budgets('add', 'nobody', '--requests', '1'),
    budgets('add', 'nobody', '--requests', '1', '--json'),
  ])
  const reason = `no request of this tenant yet on task queue ${stack.taskQueue}`
  expect([read.exit, cellsOf(read.stdout, 'nobody')?.slice(0, 3)]).toEqual([0, ['nobody', 'unknown', reason]])
  expect(JSON.parse(asJson.stdout).tenants).toMatchObject([{ tenant: 'nobody', known: false, reason }])
  const message = `The budget of nobody can't be changed: ${reason}`
  expect(added).toEqual({ exit: 1, stdout: '', stderr: `holdfast budgets: ${message}\n` })
  expect(addedAsJson.exit).toBe(1)
  expect(JSON.parse(addedAsJson.stdout)).toMatchObject({ error: { kind: 'not_found', message } })
})

it('says what it has added', async () => {
  const { exit, stdout } = await budgets('add', 'acme', '--requests', '3')
  expect([exit, cellsOf(stdout, 'acme 366d requests')?.[5]]).toEqual([0, '5 (3 added)'])
})

it('a config without budgets has none to list', async () => {
  const without = host.file('without.yaml', twoProviders(stack.simulator.url))
  const [text, json] = await Promise.all([
    budgets('--config', without),
    budgets('--config', without, '--json'),
  ])
  expect(text).toEqual({ exit: 0, stdout: 'The config names no budgets (tenants)\n', stderr: '' })
  expect(JSON.parse(json.stdout)).toMatchObject({ tenants: [] })
})

it('while Temporal is away it fails, and says so', async () => {
  const nowhere = '127.0.0.1:1'
  const [text, json] = await Promise.all([budgetsAt(nowhere), budgetsAt(nowhere, '--json')])
  expect([text.exit, text.stdout]).toEqual([1, ''])
  expect(text.stderr).toMatch(/^holdfast budgets: .*127\.0\.0\.1:1.*\n$/)
  expect(json.exit).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({ error: { kind: 'unavailable', accepted: false } })
})
