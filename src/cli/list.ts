/** `holdfast list`: the latest generations, by what became of them. */
import Table from 'cli-table3'
import { type Command, Option } from 'commander'
import { FAILURE_CLASSES, HoldfastError } from '../client'
import { type ListedGeneration, type ListFilter, OUTCOMES } from '../client/list-generations'
import type { Config } from '../config'
import type { Metadata } from '../domain/request/metadata'
import { clock, dollars, lasted } from '../history/run-words'
import { agoOption, countOption, pairOption } from './options'
import { type Context, connected, reportError } from './recorded-run'
import { shadowsTable } from './shadows-table'

interface ListOptions extends Omit<ListFilter, 'startedSince'> {
  config?: string
  /** Milliseconds back from now. */
  since?: number
  limit: number
  shadows?: boolean
  json?: boolean
}

const DEFAULT_LIMIT = 20

export function registerList(program: Command): void {
  program
    .command('list')
    .description('the latest generations, by route, outcome, failure, target and cost')
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .option('--route <route>', 'of this route')
    .addOption(new Option('--outcome <outcome>', 'that ended so, or run').choices(OUTCOMES))
    .addOption(
      new Option('--failure <class>', 'that met this failure, whatever the end').choices(FAILURE_CLASSES),
    )
    .option('--target <target>', 'answered by this provider/model')
    .option('--metadata <key=value>', 'whose request had it; may be repeated', pairOption)
    .option('--since <duration>', 'started since, e.g. 24h', agoOption)
    .option('--query <query>', 'and in the Web UI\'s query language, e.g. "HoldfastAttempts > 2"')
    .option('--limit <count>', 'so many at most', countOption, DEFAULT_LIMIT)
    .option('--shadows', 'shadows beside the generations whose requests they got (docs/shadow.md)')
    .option('--json', 'print as JSON, moments in epoch milliseconds')
    .action(run)
}

async function run({
  config,
  since,
  limit,
  json = false,
  shadows = false,
  ...filter
}: ListOptions): Promise<void> {
  const startedSince = since === undefined ? undefined : Date.now() - since
  try {
    if (shadows && filter.metadata !== undefined) throw noShadowMetadata()
    if (shadows) return await listShadows(config, { ...filter, startedSince }, limit, json)
    const { generations, note } = await connected(config, (context) =>
      found(context, { ...filter, startedSince }, limit),
    )
    const text = json ? JSON.stringify({ generations }, null, 2) : listTable(generations)
    if (json || generations.length > 0) process.stdout.write(`${text}\n`)
    if (note !== '') process.stderr.write(`holdfast list: ${note}\n`)
  } catch (error) {
    reportError('list', error, json)
  }
}

async function found(context: Context, filter: ListFilter, limit: number) {
  const { client, config, temporal } = context
  const { route, outcome, failure, target, metadata } = filter
  if (metadata !== undefined) requireMetadataSearch(context)
  if ([route, outcome, failure, target].some((one) => one !== undefined)) requireSearchAttributes(context)
  const { listGenerations } = await import('../client/list-generations')
  const { webUrls } = await import('../client/web-url')
  const webUrl = webUrls(temporal, process.env)
  const generations = await listGenerations(client, filter, limit)
  return {
    generations: generations.map((one) => ({ ...one, webUrl: webUrl(one.id, one.runId) })),
    note: [
      noteOf(generations, limit, route, Object.keys(config.routes)),
      generations.length > 0 ? null : notSearched(config, metadata),
    ]
      .filter((note) => note !== null)
      .join('; '),
  }
}

function requireSearchAttributes({ searchAttributes, temporal }: Context): void {
  if (searchAttributes) return
  throw new HoldfastError({
    kind: 'unavailable',
    message: `the namespace ${temporal.namespace} has no search attributes of Holdfast, which this is found by: docs/temporal.md has the command that registers them`,
    accepted: false,
  })
}

function requireMetadataSearch({ searchesMetadata, temporal }: Context): void {
  if (searchesMetadata) return
  throw new HoldfastError({
    kind: 'unavailable',
    message: `the namespace ${temporal.namespace} has no search attribute HoldfastMetadata, which metadata is found by: docs/temporal.md has the command that registers it`,
    accepted: false,
  })
}

const noShadowMetadata = (): HoldfastError =>
  new HoldfastError({
    kind: 'invalid_request',
    message: 'shadows have no metadata: leave out --metadata or --shadows',
    accepted: false,
  })

/** null: all of these keys are to be found by. */
function notSearched({ metadata: { searchable } }: Config, wanted: Metadata = {}): string | null {
  const keys = Object.keys(wanted).filter((key) => !searchable.includes(key))
  return keys.length === 0 ? null : `the config's metadata.searchable does not name ${keys.join(', ')}`
}

async function listShadows(
  file: string | undefined,
  { route, ...filter }: ListFilter,
  limit: number,
  json: boolean,
): Promise<void> {
  const { listShadowPairs } = await import('../client/shadow-pairs')
  const pairs = await connected(file, async (context) => {
    requireSearchAttributes(context)
    const routes = route === undefined ? Object.keys(context.config.routes) : [route]
    return routes.length === 0 ? [] : listShadowPairs(context.client, filter, routes, limit)
  })
  if (json || pairs.length > 0)
    process.stdout.write(`${json ? JSON.stringify({ shadows: pairs }, null, 2) : shadowsTable(pairs)}\n`)
  else process.stderr.write('holdfast list: no shadows found\n')
}

function noteOf(
  generations: readonly ListedGeneration[],
  limit: number,
  route: string | undefined,
  routes: readonly string[],
): string | null {
  if (generations.length >= limit) return `the latest ${limit}; --limit shows more`
  if (generations.length > 0) return null
  const unknown = route !== undefined && !routes.includes(route) && !route.includes('/')
  return unknown ? `none found; the config has no route ${route}, but ${routes.join(', ')}` : 'none found'
}

export function listTable(generations: readonly ListedGeneration[]): string {
  const table = new Table({
    head: ['started', 'id', 'route', 'outcome', 'target', 'attempts', 'failures', 'took', 'cost'],
    style: { head: [], border: [], compact: true },
  })
  for (const one of generations) table.push(cells(one))
  return table.toString()
}

function cells(one: ListedGeneration): string[] {
  const { id, route, outcome, target, served, attempts, failures, startedAt, endedAt, costUsd } = one
  return [
    clock(startedAt),
    id,
    route ?? '',
    served === null || served === 'provider' ? outcome : `${outcome} (${served})`,
    target ?? '',
    attempts === null ? '' : String(attempts),
    failures.join(', '),
    endedAt === null ? '' : lasted(endedAt - startedAt),
    costUsd === null ? '' : dollars(costUsd),
  ]
}
