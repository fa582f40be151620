/** `holdfast key`: makes keys for the callers of a gateway, and lists those of a file. */
import Table from 'cli-table3'
import { Argument, type Command, InvalidArgumentError } from 'commander'
import { parseDuration } from '../config'
import type { KnownKey, Scope } from '../gateway/keys/grant'

interface Options {
  tenant?: string
  scopes: string[]
  models?: string[]
  id?: string
  /** Milliseconds from now. */
  expires?: number
  note?: string
  file?: string
  json?: boolean
}

const listOption = (text: string): string[] => text.split(',').map((one) => one.trim())

function lifetimeOption(text: string): number {
  const ms = parseDuration(text)
  if (ms === null || ms === 0) throw new InvalidArgumentError('a duration is needed, e.g. 12h or 90d')
  return ms
}

async function makeKey({ file, json = false, expires, scopes, ...what }: Options): Promise<void> {
  const { appendEntry, entryText, newKey } = await import('../gateway/keys/new-key')
  const { key, entry } = newKey({
    ...what,
    // What is no scope is refused in the file's own words.
    scopes: scopes as Scope[],
    ...(expires === undefined ? {} : { expires: new Date(Date.now() + expires).toISOString() }),
  })
  const text = entryText(entry)
  if (file !== undefined) await appendEntry(file, entry)
  if (json) return void process.stdout.write(`${JSON.stringify({ key, entry }, null, 2)}\n`)
  process.stdout.write(`${key}\n`)
  process.stderr.write(
    'This key is shown once, and kept nowhere. Who has it sends it as Authorization: Bearer.\n',
  )
  if (file === undefined) process.stdout.write(`\n${text}`)
  else process.stderr.write(`Its entry "${entry.id}" stands in ${file} now.\n`)
}

async function listKeys({ file = process.env.HOLDFAST_KEYS_FILE, json = false }: Options): Promise<void> {
  if (file === undefined || file === '')
    throw new Error('key list: name the file with --file, or HOLDFAST_KEYS_FILE')
  const [{ readFile }, { parseKeyFile }, { inForce }] = await Promise.all([
    import('node:fs/promises'),
    import('../gateway/keys/key-file'),
    import('../gateway/keys/grant'),
  ])
  const now = Date.now()
  const keys = parseKeyFile(await readFile(file, 'utf8'), file).map((key) => ({
    ...withoutHash(key),
    state: STATES[inForce(key, now)],
  }))
  process.stdout.write(`${json ? JSON.stringify({ keys }, null, 2) : keysTable(keys)}\n`)
}

const STATES = { yes: 'good', 'not yet': 'not yet', expired: 'expired' } as const

interface ListedKey {
  id: string
  tenant: string | null
  scopes: string[]
  models: readonly string[] | null
  /** Epoch milliseconds. */
  notBeforeAt: number | null
  expiresAt: number | null
}

const withoutHash = ({ keyId, tenant, scopes, models, notBeforeAt, expiresAt }: KnownKey): ListedKey => ({
  id: keyId,
  tenant,
  scopes: [...scopes],
  models,
  notBeforeAt,
  expiresAt,
})

const day = (at: number | null): string => (at === null ? '' : new Date(at).toISOString().slice(0, 16))

function keysTable(keys: (ListedKey & { state: string })[]): string {
  const table = new Table({
    head: ['key', 'state', 'tenant', 'scopes', 'models', 'from', 'expires'],
    style: { head: [], border: [] },
  })
  for (const { id, state, tenant, scopes, models, notBeforeAt, expiresAt } of keys)
    table.push([
      id,
      state,
      tenant ?? '',
      scopes.join(', '),
      models?.join(', ') ?? 'all',
      day(notBeforeAt),
      day(expiresAt),
    ])
  return table.toString()
}

async function run(action: string, options: Options): Promise<void> {
  await (action === 'new' ? makeKey(options) : listKeys(options))
}

export function registerKey(program: Command): void {
  program
    .command('key')
    .description("make a key for a gateway's callers (new), or list those of a file (list)")
    .addArgument(new Argument('<action>', 'what to do').choices(['new', 'list']))
    .option('--file <file>', 'append the entry to this file; list: the file (default: HOLDFAST_KEYS_FILE)')
    .option('--tenant <tenant>', 'whose generations it starts and reads (default: those of no tenant)')
    .option('--scopes <scopes>', 'generate, read, operate, with commas between', listOption, [
      'generate',
      'read',
    ])
    .option(
      '--models <models>',
      'routes and targets it may name, with commas between; * at an end',
      listOption,
    )
    .option('--expires <duration>', 'good for so long, e.g. 90d (default: for ever)', lifetimeOption)
    .option('--id <id>', 'its name in the file and in logs (default: of the tenant)')
    .option('--note <text>', 'for whoever reads the file')
    .option('--json', 'print as JSON, moments in epoch milliseconds')
    .action(run)
}
