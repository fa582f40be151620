import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { keptBundle, workflowBundle } from '../../src/temporal/workflow-bundle'

const TOP = path.resolve(__dirname, '..', '..')

// Each build takes seconds, more on a busy machine.
jest.setTimeout(120_000)

/** Inside the project, so that the fixtures resolve what the real workflows resolve. */
let directory: string
beforeEach(() => {
  mkdirSync(path.join(TOP, '.cache'), { recursive: true })
  directory = mkdtempSync(path.join(TOP, '.cache', 'bundle-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const file = path.join(directory, name)
  writeFileSync(file, text)
  return file
}

describe('the workflow bundle', () => {
  it('builds from the real workflows without a server, and holds neither zod nor a path of this machine', async () => {
    const { codePath } = await workflowBundle()
    const code = readFileSync(codePath, 'utf8')
    const maps = [
      ...code.matchAll(/sourceMappingURL=data:application\/json;charset=utf-8;base64,([\w+/=]+)/g),
    ]
    const sources = maps.map(([, map]) => Buffer.from(map ?? '', 'base64').toString()).join('\n')
    expect(sources.includes('"workflows/generation.ts"')).toBe(true)
    for (const text of [code, sources]) {
      // Not `toContain`: it would print megabytes.
      expect(text.includes('node_modules/zod/')).toBe(false)
      expect(text.includes(TOP)).toBe(false)
    }
  })

  it('fails where a workflow reaches for what the sandbox forbids', async () => {
    const file = write('bad.ts', "import fs from 'fs'\nexport const wf = async () => fs.readdirSync('.')\n")
    await expect(keptBundle(file, directory)).rejects.toThrow(
      /don't bundle[\s\S]*disallowed modules[\s\S]*'fs'/,
    )
  })

  it('fails on a warning of the bundler', async () => {
    write('part.ts', 'export const a = 1\n')
    const file = write('warn.ts', "import { b } from './part'\nexport const wf = async () => b\n")
    await expect(keptBundle(file, directory)).rejects.toThrow(/export 'b'/)
  })

  it('is built once, and again when a file that went into it changes', async () => {
    write('part.ts', 'export const a = 1\n')
    const file = write('entry.ts', "import { a } from './part'\nexport const wf = async () => a\n")
    const first = await keptBundle(file, directory)
    expect(await keptBundle(file, directory)).toEqual(first)
    write('part.ts', 'export const a = 2\n')
    expect(await keptBundle(file, directory)).not.toEqual(first)
  })

  it('holds what its files say at the end, also where one was changed while it was built', async () => {
    const say = (word: string) => write('part.ts', `export const a = '${word}'\n`)
    say('before')
    const file = write('entry.ts', "import { a } from './part'\nexport const wf = async () => a\n")
    const building = keptBundle(file, directory)
    // The bundler reads its files in the first half of its work: later than this, it has read this one.
    const changed = new Promise<void>((resolve) => setTimeout(() => resolve(void say('afterwards')), 1_500))
    await Promise.all([building, changed])
    const { codePath } = await keptBundle(file, directory)
    expect(readFileSync(codePath, 'utf8').includes('afterwards')).toBe(true)
  })
})
