/** What the docs say is so: tables, links, paths, commands, options, names. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { createProgram } from '../../src/cli/program'
import { parseConfig } from '../../src/config'
import type { ErrorKind } from '../../src/contract/generation'
import { SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/search-attributes'
import { RETENTION_DAYS } from '../../src/dev-server/embedded'
import { serverArgs } from '../../src/dev-server/server-args'
import { FAILURE_CLASSES, ruleOf } from '../../src/domain/failures/failure'
import { registerCommand } from '../../src/temporal/search-attributes'

const TOP = path.resolve(__dirname, '..', '..')
const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', 'fixtures'])

const text = (file: string): string => readFileSync(path.join(TOP, file), 'utf8')

function markdownUnder(folder: string): string[] {
  return readdirSync(path.join(TOP, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory())
      return NOT_OURS.has(entry.name) || entry.name.startsWith('.') ? [] : markdownUnder(file)
    return entry.name.endsWith('.md') ? [file] : []
  })
}

const PAGES = markdownUnder('.')
const readme = text('README.md')

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm
const fences = (page: string, language: string): string[] =>
  [...page.matchAll(FENCE)].flatMap(([, found, code = '']) => (found === language ? [code] : []))
const prose = (page: string): string => page.replace(FENCE, '')
const codeSpans = (page: string): string[] =>
  [...prose(page).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim())

/** The rows of the first table whose header begins with these cells. */
function tableRows(page: string, ...head: string[]): string[][] {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => head.every((cell, at) => cellsOf(line)[at] === cell))
  if (start < 0) throw new Error(`There is no table with the header ${head.join(', ')}`)
  const body = lines.slice(start + 2)
  const end = body.findIndex((line) => !line.startsWith('|'))
  return body.slice(0, end < 0 ? body.length : end).map(cellsOf)
}

const bare = (cell = ''): string => cell.replaceAll('`', '')

describe('the failure table of the README', () => {
  const WORDS = {
    retry: { no: 'no', yes: 'yes', once: 'once', after_wait: 'after Retry-After' },
    fallback: {
      no: 'no',
      yes: 'yes',
      opt_in: 'if the route says so',
      larger_context: 'to a larger window',
      other_provider: 'to another provider, unless it is proved',
    },
  }
  const rows = tableRows(readme, 'class', 'for example', 'retry same', 'fall back', 'circuit', 'hold')

  it('has every class, in the order of the code', () => {
    expect(rows.map(([name]) => bare(name))).toEqual([...FAILURE_CLASSES])
  })

  it.each(FAILURE_CLASSES)('says of %s what RULES says', (failureClass) => {
    const rule = ruleOf(failureClass)
    const row = rows.find(([name]) => bare(name) === failureClass) ?? []
    expect(row.slice(2)).toEqual([
      WORDS.retry[rule.retry],
      WORDS.fallback[rule.fallback],
      rule.circuit,
      rule.hold,
    ])
  })

  const named = (sentence: RegExp): string[] => codeSpans(sentence.exec(readme)?.[0] ?? '')

  it('is followed by the classes that alert, and those that are not counted', () => {
    const alerting = FAILURE_CLASSES.filter((failureClass) => ruleOf(failureClass).log === 'error')
    const uncounted = FAILURE_CLASSES.filter((failureClass) => !ruleOf(failureClass).counts)
    expect(named(/^- [^.]* are logged as errors/m)).toEqual(alerting)
    expect(named(/full jitter\. [^.]*don't count/)).toEqual(uncounted)
  })
})

describe('the command line in the docs', () => {
  let program: Command
  beforeAll(async () => {
    program = await createProgram()
  })
  const find = (name: string): Command | undefined =>
    program.commands.find((command) => command.name() === name)
  const optionsOf = (command: Command | undefined): string[] =>
    (command?.options ?? []).map(({ long }) => long ?? '')

  it('is whole in the README: every command with every option', () => {
    const rows = tableRows(readme, 'command', 'does').map((row) => {
      const [first = '', ...rest] = codeSpans(row.join(' '))
      return [first.split(' ')[2], rest.filter((code) => code.startsWith('--')).sort()]
    })
    const actual = program.commands.map((command) => [
      command.name(),
      optionsOf(command)
        .filter((option) => option !== '--config')
        .sort(),
    ])
    // What `npm run quickstart` takes stands where the quickstart is described.
    const documented = rows.map(([name, options]) => [
      name,
      name === 'quickstart' ? optionsOf(find('quickstart')).sort() : options,
    ])
    expect(documented.sort()).toEqual(actual.sort())
  })

  it('takes --config everywhere but where the README says so', () => {
    const without = program.commands.filter((command) => !optionsOf(command).includes('--config'))
    expect(without.map((command) => command.name())).toEqual(['key', 'encryption', 'simulate', 'quickstart'])
    expect(readme).toMatch(/All but `encryption`, `key`, `simulate` and\s+`quickstart` take `--config`/)
  })

  const calls = PAGES.flatMap((page) => {
    const code = [
      ...codeSpans(text(page)),
      ...fences(text(page), 'bash').flatMap((block) => block.split('\n')),
    ]
    return code.flatMap((line) => {
      const [, rest] = /^(?:npx )?holdfast ([a-z].*)/.exec(line.replace(/\s+#.*$/, '')) ?? []
      return rest === undefined ? [] : [[`${page}: holdfast ${rest}`, rest] as const]
    })
  })

  it.each(calls)('%s: exists', (_, rest) => {
    const [name = '', ...words] = rest.split(/\s+/)
    expect(program.commands.map((command) => command.name())).toContain(name)
    const options = words.filter((word) => word.startsWith('--') && word !== '--help')
    expect(options.filter((option) => !optionsOf(find(name)).includes(option))).toEqual([])
  })

  it('and its npm scripts exist', () => {
    const { scripts } = JSON.parse(text('package.json'))
    const named = PAGES.flatMap((page) => [...text(page).matchAll(/\bnpm run ([\w:-]+)/g)])
    expect(
      named.map(([, script]) => script).filter((script) => !Object.hasOwn(scripts, script ?? '')),
    ).toEqual([])
  })
})

describe.each(PAGES)('%s', (page) => {
  const anchorsOf = (file: string): string[] =>
    [...prose(text(file)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    )

  it('has no dead link', () => {
    const targets = [...prose(text(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    const dead = targets.filter((target) => {
      if (/^\w+:/.test(target)) return false
      const [file = '', anchor] = target.split('#')
      const found = file === '' ? page : path.join(path.dirname(page), file)
      if (!existsSync(path.join(TOP, found))) return true
      return anchor !== undefined && !anchorsOf(found).includes(anchor)
    })
    expect(dead).toEqual([])
  })

  it('names no file that is not there, and no variable that nothing reads', () => {
    const paths = codeSpans(text(page)).filter((code) =>
      /^(src|workflows|activities|test|docs|examples|scripts|bench)\/[\w./-]+$/.test(code),
    )
    expect(paths.filter((file) => !existsSync(path.join(TOP, file)))).toEqual([])
    const variables = text(page).match(/\bHOLDFAST_[A-Z_]+\b/g) ?? []
    expect(variables.filter((name) => !sources.includes(name))).toEqual([])
  })
})

const sources = ['src', 'test', 'scripts']
  .flatMap((folder) =>
    readdirSync(path.join(TOP, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && /\.(ts|mjs|cjs)$/.test(entry.name))
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'utf8')),
  )
  .join('\n')

describe('README.md', () => {
  it('has a config that is accepted', () => {
    const configs = fences(readme, 'yaml')
    expect(configs).toHaveLength(1)
    for (const config of configs) expect(() => parseConfig(config)).not.toThrow()
  })

  it('names every kind of error', () => {
    const kinds = {
      invalid_request: true,
      not_found: true,
      conflict: true,
      all_failed: true,
      deadline_exceeded: true,
      cancelled: true,
      unavailable: true,
      budget_spent: true,
    } satisfies Record<ErrorKind, true>
    expect(tableRows(readme, 'kind', 'when', 'accepted').map(([kind]) => bare(kind))).toEqual(
      Object.keys(kinds),
    )
  })

  it('names every search attribute', () => {
    expect(SEARCH_ATTRIBUTE_NAMES.filter((name) => !codeSpans(readme).includes(name))).toEqual([])
  })
})

describe('docs/temporal.md', () => {
  const page = text('docs/temporal.md')

  it('has the command that registers the search attributes', () => {
    expect(fences(page, 'bash')).toContain(`${registerCommand(SEARCH_ATTRIBUTE_NAMES, 'default')}\n`)
  })

  it('has the settings of the embedded server', () => {
    const args = serverArgs({ ip: '', port: 1, ui: { ip: '', port: 2 }, namespace: '', dataFile: 'x' })
    const settings = args
      .filter((_, at) => args[at - 1] === '--dynamic-config-value')
      // For a server that shares its host with a browser.
      .filter((setting) => !setting.startsWith('frontend.httpAllowedHosts='))
    const [yaml = ''] = fences(page, 'yaml')
    const documented = [...yaml.matchAll(/^([\w.]+):\n {2}- value: (\w+)$/gm)].map(
      ([, key, value]) => `${key}=${value}`,
    )
    expect(documented).toEqual(settings.map((setting) => setting.replaceAll('"', '')))
    for (const pragma of args.filter((_, at) => args[at - 1] === '--sqlite-pragma'))
      expect(page).toContain(`--sqlite-pragma ${pragma}`)
  })

  it('has the retention of the embedded server', () => {
    expect(page).toContain(`keeps ${RETENTION_DAYS} days`)
    expect(page).toContain(`--retention ${RETENTION_DAYS}d`)
  })
})

describe('docs/dependencies.md', () => {
  const page = text('docs/dependencies.md')
  const manifest = JSON.parse(text('package.json'))
  const [production = '', development = ''] = page.split('## In development')

  const { dependencies, peerDependencies = {}, devDependencies } = manifest
  const inProduction = new Set(Object.keys({ ...dependencies, ...peerDependencies }))
  const inDevelopment = Object.keys(devDependencies).filter((name) => !inProduction.has(name))

  it.each([
    ['production', production, [...inProduction]],
    ['development', development, inDevelopment],
  ])('has every package of %s, with the licence that it states', (_, section, names) => {
    const documented = tableRows(section, 'package', 'why').map((row) => [bare(row[0]), row.at(-1)])
    const actual = names.map((name) => [name, JSON.parse(text(`node_modules/${name}/package.json`)).license])
    expect(documented.sort()).toEqual(actual.sort())
  })

  it('every version is exact', () => {
    const versions = Object.values({ ...dependencies, ...devDependencies })
    const exact = /^(npm:[^@]+@)?\d+\.\d+\.\d+$/
    expect(versions.filter((version) => !exact.test(String(version)))).toEqual([])
  })
})
