/** `holdfast budgets`: what tenants have used of their budgets, and an operator's addition to a window. */
import Table from 'cli-table3'
import { type Command, InvalidArgumentError } from 'commander'
import { HoldfastError } from '../client'
import type { TenantBudget } from '../client/budgets'
import type { TemporalClient } from '../client/temporal-client'
import { type Config, formatDuration, loadConfig } from '../config'
import { DEFAULT_TASK_QUEUE } from '../contract/generation'
import { amountText } from '../domain/budgets/budgets-report'
import { instant } from '../domain/text/durations'
import { temporalOptions } from '../temporal/connection'
import { agoOption, countOption } from './options'

interface BudgetsOptions {
  config?: string
  json?: boolean
  requests?: number
  tokens?: number
  dollars?: number
  window?: number
}

interface Context extends TemporalClient {
  config: Config
  taskQueue: string
}

export function registerBudgets(program: Command): void {
  program
    .command('budgets')
    .description('what tenants have used of their budgets; add TENANT adds to the windows that run')
    .argument('[tenant]', 'a tenant (default: all), or add')
    .argument('[added]', 'with add: the tenant that gets more')
    .option('--requests <number>', 'with add: so many more', countOption)
    .option('--tokens <number>', 'with add: so many more', countOption)
    .option('--dollars <amount>', 'with add: so many more', dollarsOption)
    .option('--window <duration>', 'with add: in windows of this length alone, e.g. 1d', agoOption)
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .option('--json', 'print as JSON, moments in epoch milliseconds')
    .action(run)
}

function dollarsOption(text: string): number {
  const dollars = Number(text)
  if (text.trim() === '' || !Number.isFinite(dollars) || dollars <= 0)
    throw new InvalidArgumentError('an amount over 0 is needed, e.g. 10 or 0.5')
  return dollars
}

async function run(
  named: string | undefined,
  added: string | undefined,
  { config: file, json = false, ...addition }: BudgetsOptions,
): Promise<void> {
  const adds = named === 'add' && added !== undefined
  if (!adds && added !== undefined) throw new Error('One tenant, or: holdfast budgets add TENANT')
  const { requests, tokens, dollars, window } = addition
  if (!adds && [requests, tokens, dollars, window].some((one) => one !== undefined))
    throw new Error('To add: holdfast budgets add TENANT --dollars 10')
  try {
    const at = Date.now()
    const { budgets, taskQueue } = await connected(file, async (context) => ({
      taskQueue: context.taskQueue,
      budgets: adds ? [await add(context, added, addition)] : await read(context, named, at),
    }))
    const text = budgets.length === 0 ? 'The config names no budgets (tenants)' : budgetsTable(budgets)
    process.stdout.write(`${json ? JSON.stringify({ at, taskQueue, tenants: budgets }, null, 2) : text}\n`)
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    process.exitCode = 1
    if (json) process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`)
    process.stderr.write(`holdfast budgets: ${error.message}\n`)
  }
}

async function connected<T>(file: string | undefined, act: (context: Context) => Promise<T>): Promise<T> {
  const { env } = process
  const config = await loadConfig({ file, env })
  const { createTemporalClients } = await import('../client/temporal-client')
  const temporalClients = createTemporalClients(temporalOptions(env))
  try {
    const temporalClient = await temporalClients.open(false)
    return await act({ ...temporalClient, config, taskQueue: env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE })
  } finally {
    await temporalClients.close()
  }
}

async function read(
  { client, ...settings }: Context,
  tenant: string | undefined,
  at: number,
): Promise<TenantBudget[]> {
  const { listBudgets, readBudget } = await import('../client/budgets')
  return tenant === undefined
    ? listBudgets(client, settings, at)
    : [await readBudget(client, tenant, settings, at)]
}

async function add(
  { client, ...settings }: Context,
  tenant: string,
  { requests = 0, tokens = 0, dollars = 0, window = null }: AddOptions,
): Promise<TenantBudget> {
  const { addToBudget } = await import('../client/budgets')
  return addToBudget(client, tenant, { windowMs: window, amount: { requests, tokens, dollars } }, settings)
}

type AddOptions = Omit<BudgetsOptions, 'config' | 'json' | 'window'> & { window?: number | null }

/** A row for each limit. */
export function budgetsTable(budgets: readonly TenantBudget[]): string {
  const table = new Table({
    head: ['tenant', 'window', 'unit', 'used', 'reserved', 'limit', 'until', 'waiting'],
    style: { head: [], border: [], compact: true },
  })
  for (const one of budgets)
    if (!one.known) table.push([one.tenant, 'unknown', one.reason, '', '', '', '', ''])
    else
      for (const { windowMs, unit, used, reserved, limit, added, endsAt } of one.limits)
        table.push([
          one.tenant,
          formatDuration(windowMs),
          unit,
          amountText(used, unit),
          amountText(reserved, unit),
          `${amountText(limit, unit)}${added > 0 ? ` (${amountText(added, unit)} added)` : ''}`,
          instant(endsAt),
          String(one.waiting),
        ])
  return table.toString()
}
