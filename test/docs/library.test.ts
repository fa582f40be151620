/** The snippets of docs/library.md: each compiles, runs against the simulator, and prints what the page says. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { StepInput } from '../../src/simulator'
import { type Stack, startStack, twoProviders } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

const TOP = path.resolve(__dirname, '..', '..')
/** Inside the project, so that `holdfast` and `zod` are found. */
const FOLDER = path.join(TOP, '.cache', `library-snippets-${process.pid}`)

const SNIPPET = /<!-- prints: (.*) -->\n<!-- simulator: (.*) -->\n```ts\n([\s\S]*?)```/g

interface Snippet {
  prints: string[]
  steps: StepInput[]
  file: string
  code: string
}

/** The imports stay above; the rest becomes a function, which gets the page's `holdfast`. */
function moduleOf(code: string): string {
  const imports = code.match(/^import .*$/gm) ?? []
  const body = code.replace(/^import .*\n/gm, '')
  const own = !/\bholdfast\./.test(body) || /const holdfast =/.test(body)
  return `import type { Holdfast } from 'holdfast'\n${imports.join('\n')}\nexport async function snippet(${own ? '_' : 'holdfast'}: Holdfast): Promise<void> {\n${body}\n}\n`
}

const snippets: Snippet[] = [
  ...readFileSync(path.join(TOP, 'docs', 'library.md'), 'utf8').matchAll(SNIPPET),
].map(([, prints = '', steps = '', code = ''], index) => ({
  prints: [...prints.matchAll(/"([^"]*)"/g)].map(([, line = '']) => line),
  steps: JSON.parse(steps),
  file: path.join(FOLDER, `snippet-${index}.ts`),
  code: moduleOf(code),
}))

/** With a route that keeps answers. */
const configText = (url: string): string => `${twoProviders(url)}
  cached: { candidates: [alpha/model-a], cache: { ttl: 1h } }
cache: { store: memory }
`

describe('docs/library.md', () => {
  let stack: Stack
  const before = { ...process.env }
  beforeAll(async () => {
    stack = await startStack({ config: configText })
    mkdirSync(FOLDER, { recursive: true })
    for (const { file, code } of snippets) writeFileSync(file, code)
    writeFileSync(path.join(FOLDER, 'holdfast.yaml'), configText(stack.simulator.url))
    Object.assign(process.env, {
      TEMPORAL_ADDRESS: testServer().address,
      HOLDFAST_TASK_QUEUE: stack.taskQueue,
      HOLDFAST_CONFIG: path.join(FOLDER, 'holdfast.yaml'),
      HOLDFAST_LOG_LEVEL: 'silent',
    })
  })
  afterAll(async () => {
    process.env = before
    rmSync(FOLDER, { recursive: true, force: true })
    await stack.close()
  })

  it('has a snippet for each of the twelve things, and one to begin with', () => {
    expect(snippets).toHaveLength(13)
  })

  it('has snippets that compile', () => {
    const tsconfig = path.join(FOLDER, 'tsconfig.json')
    const paths = { holdfast: [`${TOP}/src/client`], 'holdfast/embedded': [`${TOP}/src/embedded`] }
    writeFileSync(
      tsconfig,
      JSON.stringify({ extends: `${TOP}/tsconfig.json`, compilerOptions: { paths }, include: ['*.ts'] }),
    )
    const tsc = path.join(TOP, 'node_modules', 'typescript', 'bin', 'tsc')
    const { status, stdout } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', tsconfig], {
      encoding: 'utf8',
    })
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  }, 60_000)

  it.each(snippets.map((snippet, index) => ({ ...snippet, index })))(
    'runs snippet $index',
    async ({ prints, steps, file }) => {
      stack.simulator.reset()
      stack.simulator.script('alpha', steps)
      const printed: string[] = []
      const log = jest.spyOn(console, 'log').mockImplementation((line) => printed.push(line))
      try {
        const { snippet } = await import(file)
        await snippet(stack.holdfast)
      } finally {
        log.mockRestore()
      }
      expect(printed).toEqual(prints)
    },
    60_000,
  )
})
