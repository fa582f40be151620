/** docs/testing.md in a foreign project: its files, as they stand on the page, under a test runner of that project. */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { parse, stringify } from 'yaml'
import { parseConfig } from '../../src/config'
import { fromHistory, harness } from '../../src/testing'
import { TOP } from './package'
import { testServer } from './temporal'

const BLOCK = /```(?:ts|yaml)\n(?:\/\/|#) (\S+)\n([\s\S]*?)```/g

export interface TestRunner {
  name: 'jest' | 'vitest'
  /** Of Node, run in the project's folder. */
  args: string[]
  /** The project's settings for it. */
  files: { [name: string]: string }
}

/** What holds of the page in whichever project. */
export function testingPageFacts(folder: () => string, runner: TestRunner): void {
  const page = readFileSync(path.join(TOP, 'docs', 'testing.md'), 'utf8')
  const blocks = [...page.matchAll(BLOCK)].map(([, name = '', text = '']) => ({ name, text }))
  const tests = blocks.filter(({ name }) => name.endsWith('.test.ts'))
  const [before, more] = blocks.filter(({ name }) => name === 'holdfast.yaml').map(({ text }) => parse(text))
  const write = (name: string, text: string): void => writeFileSync(path.join(folder(), name), text)
  /** As the page says: with jest there is one import less. */
  const testText = (text: string): string =>
    runner.name === 'jest' ? text.replace(/^import .* from 'vitest'\n/m, '') : text

  const run = async (...files: string[]): Promise<{ code: number; output: string }> => {
    const child = spawn(process.execPath, [...runner.args, ...files], {
      cwd: folder(),
      env: { ...process.env, NODE_OPTIONS: '', JEST_WORKER_ID: '' },
    })
    let output = ''
    const collect = (chunk: Buffer): void => {
      output += chunk
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const code = await new Promise<number>((resolve) => child.once('close', (exit) => resolve(exit ?? -1)))
    return { code, output: stripVTControlCharacters(output) }
  }

  beforeAll(async () => {
    for (const [name, text] of Object.entries(runner.files)) write(name, text)
    for (const { name, text } of tests) write(name, testText(text))
    const script = { openai: ['503'], anthropic: ['overloaded'] }
    const config = parseConfig(stringify(before))
    await using t = await harness({ config, script, server: testServer() })
    const error = await t.generate({ prompt: 'at 3 a.m.' }).catch((thrown) => thrown)
    write('incident.json', JSON.stringify(await t.history(error.generationId)))
    // What `holdfast export --test` writes.
    const file = path.join(folder(), 'incident.json')
    write('generated.test.ts', fromHistory(file, { runner: runner.name }))
  }, 60_000)

  it('has tests for one incident, for the whole of it, and for six hours', () => {
    expect(tests.map(({ name }) => name)).toEqual([
      'incident.test.ts',
      'harness.test.ts',
      'six-hours.test.ts',
    ])
  })

  it('the test of the incident is red on the policy that failed, as the page shows', async () => {
    write('holdfast.yaml', stringify(before))
    const { code, output } = await run('incident')
    expect(code).toBe(1)
    expect(output).toMatch(/-\s+"outcome": "answered",?\n.*\+\s+"outcome": "all_failed"/)
  }, 90_000)

  it('and green on the one with one candidate more, as are the others and the one that was generated', async () => {
    write('holdfast.yaml', stringify({ ...before, ...more }))
    const { code, output } = await run()
    if (code !== 0) throw new Error(output)
    expect(output).toMatch(/4 passed/)
  }, 120_000)
}
