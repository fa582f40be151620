/** The dependency rules (docs/architecture.md), as one table and one check. */
import { builtinModules } from 'node:module'
import { cycles, type FileFacts, type Import, reachable, readFacts, type Sources } from './imports'

interface Rule {
  name: string
  /** Which files it binds: path prefixes. */
  binds: string[]
  /** Of those, these are free. */
  except?: string[]
  /** Does it leave type imports alone? */
  valuesOnly?: boolean
  allows?: (target: string) => boolean
  forbids?: (target: string) => boolean
}

const ALL = ['src/', 'workflows/', 'activities/']
const within =
  (...prefixes: string[]) =>
  (target: string): boolean =>
    prefixes.some((prefix) => target.startsWith(prefix))
const packages =
  (...names: string[]) =>
  (target: string): boolean =>
    names.some((name) => target === name || target.startsWith(`${name}/`))
const isBuiltin = (target: string): boolean => target.startsWith('node:') || builtinModules.includes(target)
const anyOf =
  (...checks: ((target: string) => boolean)[]) =>
  (target: string): boolean =>
    checks.some((check) => check(target))

const RULES: Rule[] = [
  { name: '1 domain imports only domain', binds: ['src/domain/'], allows: within('src/domain/') },
  {
    name: '1 workflows import domain, contract, engine and @temporalio/workflow',
    binds: ['workflows/'],
    valuesOnly: true,
    allows: anyOf(
      within('workflows/', 'src/domain/', 'src/contract/', 'src/engine/'),
      packages('@temporalio/workflow'),
    ),
  },
  {
    name: '1 the engine has no clock, no timer and no I/O',
    binds: ['src/engine/'],
    valuesOnly: true,
    allows: within('src/engine/', 'src/domain/', 'src/contract/'),
  },
  {
    name: '1 a recorded run is read without a clock and I/O',
    binds: ['src/history/'],
    valuesOnly: true,
    allows: within('src/history/', 'src/domain/', 'src/contract/', 'src/engine/'),
  },
  {
    name: '1 contract goes where workflows go',
    binds: ['src/contract/'],
    valuesOnly: true,
    allows: anyOf(within('src/contract/', 'src/domain/'), packages('@temporalio/common', 'nexus-rpc')),
  },
  {
    name: '1 activities know nothing of who calls them',
    binds: ['activities/'],
    forbids: within('workflows/', 'src/gateway/', 'src/cli/', 'src/client/', 'src/worker/'),
  },
  {
    name: '2 providers do no I/O',
    binds: ['src/formats/outbound/'],
    valuesOnly: true,
    allows: anyOf(
      within('src/formats/outbound/', 'src/domain/'),
      packages('zod', 'eventsource-parser', '@smithy/core/event-streams', '@smithy/core/checksum'),
    ),
  },
  {
    name: '2 dialects do no I/O',
    binds: ['src/formats/inbound/'],
    valuesOnly: true,
    allows: anyOf(
      within(
        'src/formats/inbound/',
        'src/domain/',
        'src/contract/',
        'src/formats/outbound/',
        'src/config/problems',
      ),
      packages('zod'),
    ),
  },
  { name: '2 only http imports undici', binds: ALL, except: ['src/http/'], forbids: packages('undici') },
  {
    name: '2 zod stays at the edges',
    binds: ALL,
    except: [
      'src/config/',
      'src/formats/outbound/',
      'src/formats/inbound/',
      'src/gateway/',
      'src/request/',
      'src/simulator/',
    ],
    forbids: packages('zod'),
  },
  {
    name: '3 gateway, cli and client leave the wiring to worker',
    binds: ['src/gateway/', 'src/cli/', 'src/client/'],
    forbids: within('activities/', 'src/formats/outbound/', 'src/circuits/'),
  },
  {
    name: '3 only worker wires activities and http',
    binds: ALL,
    // The store of large payloads is a server that clients and workers reach, by HTTP.
    except: ['src/worker/', 'activities/', 'src/http/', 'src/stores/payloads/s3.ts'],
    valuesOnly: true,
    forbids: within('activities/', 'src/http/'),
  },
]

/** The native worker takes a second to load, and a backend that only asks doesn't need it. */
const CLIENT_ENTRY = 'src/client/index.ts'
const NATIVE = packages('@temporalio/worker', '@temporalio/core-bridge')

/** What a workflow's bundle may hold. Types are gone by then. */
const WORKFLOW_ENTRY = 'workflows/index.ts'
const NOT_IN_SANDBOX = anyOf(isBuiltin, packages('zod', 'undici', 'pino'))

/** All generations of a worker share these modules (scripts/lib/bundle.mjs). */
const SHARED = within('workflows/', 'src/domain/', 'src/contract/')

/** The world outside: `domain` takes `now` and `random` as parameters. */
const IMPURE =
  /^(Math\.random|Date\.now|Date\(\)|new Date\(\)|(process|performance|crypto|console|globalThis)\..*|(fetch|setTimeout|setInterval|setImmediate|queueMicrotask)\(\))$/

/** Every breach of the rules, as `rule: file -> what`. */
export const breaches = (sources: Sources): string[] => {
  const facts = readFacts(sources)
  const imports = [...facts.values()].flatMap((file) => file.imports)
  return [
    ...imports
      .filter(({ target }) => target === null)
      .map((import_) => breachText('an import leads somewhere', import_)),
    ...RULES.flatMap((rule) => imports.filter(breaks(rule)).map((import_) => breachText(rule.name, import_))),
    ...loads(facts, CLIENT_ENTRY, NATIVE, '3 the client never loads the native worker'),
    ...loads(facts, WORKFLOW_ENTRY, NOT_IN_SANDBOX, '2 zod and Node stay out of the workflow bundle'),
    ...[...facts]
      .filter(([file]) => SHARED(file))
      .flatMap(([file, { keeps }]) =>
        keeps.map((name) => `1 the workflows' modules keep nothing: ${file} -> ${name}`),
      ),
    ...cycles(facts).map((files) => `4 no import cycles: ${files.join(' -> ')}`),
    ...[...facts].flatMap(([file, { uses }]) =>
      file.startsWith('src/domain/')
        ? uses.filter((use) => IMPURE.test(use)).map((use) => `1 domain is pure: ${file} -> ${use}`)
        : [],
    ),
  ]
}

const breachText = (rule: string, { file, specifier }: Import): string => `${rule}: ${file} -> ${specifier}`

const breaks =
  (rule: Rule) =>
  ({ file, target, typeOnly }: Import): boolean => {
    if (target === null || (rule.valuesOnly === true && typeOnly)) return false
    if (!within(...rule.binds)(file) || within(...(rule.except ?? []))(file)) return false
    return rule.allows?.(target) === false || rule.forbids?.(target) === true
  }

const loads = (
  facts: ReadonlyMap<string, FileFacts>,
  entry: string,
  forbidden: (target: string) => boolean,
  rule: string,
): string[] =>
  [...reachable(facts, entry)].filter(forbidden).map((target) => `${rule}: ${entry} -> ${target}`)
