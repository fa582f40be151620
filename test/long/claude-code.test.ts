/** Claude Code itself runs without a terminal against the gateway: it searches a tool, runs one, and answers. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { gatewayOver, type TestGateway } from '../helpers/gateway'
import { installedProgram } from '../helpers/installed-program'
import { type Stack, startStack } from '../helpers/stack'

const run = promisify(execFile)

const PACKAGE = installedProgram('@anthropic-ai/claude-code', '2.1.332')
const PROGRAM = path.join(
  PACKAGE.modules,
  '@anthropic-ai',
  `claude-code-${process.platform}-${process.arch}`,
  'claude',
)

let stack: Stack
let gateway: TestGateway
let home: string

beforeAll(async () => {
  await PACKAGE.install()
  home = mkdtempSync(path.join(tmpdir(), 'holdfast-claude-code-'))
  stack = await startStack({ delivery: true })
  gateway = await gatewayOver(stack)
}, 240_000)
afterAll(async () => {
  await gateway.close()
  await stack.close()
  rmSync(home, { recursive: true, force: true })
})
beforeEach(() => stack.simulator.reset())

async function claude(model: string, prompt: string): Promise<{ result: string; num_turns: number }> {
  const running = run(PROGRAM, ['-p', prompt, '--output-format', 'json', '--allowedTools', 'Bash'], {
    cwd: home,
    timeout: 60_000,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      ANTHROPIC_BASE_URL: gateway.url,
      ANTHROPIC_API_KEY: 'none',
      ANTHROPIC_MODEL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    },
  })
  // It waits for words on its standard input.
  running.child.stdin?.end()
  return JSON.parse((await running).stdout)
}

it.each(['alpha', 'beta'] as const)(
  'runs a loop over tools on %s',
  async (provider) => {
    const search = { id: 'call_1', name: 'ToolSearch', arguments: { query: 'select:WebFetch' } }
    const echo = {
      id: 'call_2',
      name: 'Bash',
      arguments: { command: 'echo $((40 + 2))', description: 'Says' },
    }
    stack.simulator.script(provider, [
      { toolCalls: [search] },
      { toolCalls: [echo] },
      { answer: 'It said 42' },
    ])
    const model = { alpha: 'alpha/model-a', beta: 'beta/model-b' }[provider]
    const { result, num_turns } = await claude(model, 'Run echo and say what it said')
    expect([result, num_turns]).toEqual(['It said 42', 3])
    const calls = stack.simulator.calls({ provider })
    expect(calls.map(({ outcome }) => outcome)).toEqual(['answered', 'answered', 'answered'])
    expect(JSON.stringify(calls.at(-1)?.body)).toMatch(/WebFetch.*"42"/)
  },
  90_000,
)
