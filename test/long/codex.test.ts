/** Codex itself runs without a terminal against the gateway: it runs commands and patches a file, and answers. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { gatewayOver, type TestGateway } from '../helpers/gateway'
import { installedProgram } from '../helpers/installed-program'
import { type Stack, startStack, twoProviders } from '../helpers/stack'

const run = promisify(execFile)

const PACKAGE = installedProgram('@openai/codex', '0.171.0')
const PROGRAM = path.join(PACKAGE.modules, '@openai', 'codex', 'bin', 'codex.js')

/** Codex knows what a model can do by its name: what it sends to these three differs most. */
const config = (url: string): string =>
  twoProviders(url).replace(
    'routes:',
    `routes:
  gpt-5.5: { candidates: [alpha/model-a, beta/model-b] }
  gpt-6.2-sol: { candidates: [alpha/model-a, beta/model-b] }`,
  )

let stack: Stack
let gateway: TestGateway
let home: string

beforeAll(async () => {
  await PACKAGE.install()
  home = mkdtempSync(path.join(tmpdir(), 'holdfast-codex-'))
  stack = await startStack({ config, delivery: true })
  gateway = await gatewayOver(stack, config)
  writeFileSync(
    path.join(home, 'config.toml'),
    `model_provider = "holdfast"
web_search = "disabled"
[model_providers.holdfast]
name = "Holdfast"
base_url = "${gateway.url}/v1"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
`,
  )
}, 240_000)
afterAll(async () => {
  await gateway.close()
  await stack.close()
  rmSync(home, { recursive: true, force: true })
})
beforeEach(() => stack.simulator.reset())

interface CodexEvent {
  type: string
  item?: { type: string; text?: string; aggregated_output?: string }
  error?: { message: string }
}

async function codex(model: string, prompt: string): Promise<CodexEvent[]> {
  const args = ['exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox']
  const running = run(process.execPath, [PROGRAM, ...args, '--model', model, prompt], {
    cwd: home,
    timeout: 60_000,
    env: { PATH: process.env.PATH ?? '', HOME: home, CODEX_HOME: home },
  })
  // It waits for words on its standard input.
  running.child.stdin?.end()
  const { stdout } = await running.catch((failed) => failed as { stdout: string })
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}
const answerOf = (events: readonly CodexEvent[]) =>
  events.filter(({ item }) => item?.type === 'agent_message').at(-1)?.item?.text

const ECHO = { id: 'call_1', name: 'exec_command', arguments: { cmd: 'echo $((40 + 2))' } }

it('runs a command by a model of another maker, across a fallback', async () => {
  stack.simulator.script('alpha', [{ toolCalls: [ECHO] }, { status: 503 }])
  stack.simulator.script('beta', [{ answer: 'It said 42' }])
  const events = await codex('default', 'Run echo and say what it said')
  expect(answerOf(events)).toBe('It said 42')
  expect(JSON.stringify(stack.simulator.calls({ provider: 'beta' }).at(-1)?.body)).toMatch(/tool_result.*42/)
}, 90_000)

it('patches a file by a tool whose input is a text', async () => {
  const patch = '*** Begin Patch\n*** Add File: hello.txt\n+Hello\n*** End Patch\n'
  stack.simulator.script('alpha', [
    { toolCalls: [{ id: 'call_1', name: 'apply_patch', arguments: { input: patch } }] },
    { answer: 'Done' },
  ])
  expect(answerOf(await codex('gpt-5.5', 'Add hello.txt'))).toBe('Done')
  expect(readFileSync(path.join(home, 'hello.txt'), 'utf8')).toBe('Hello\n')
}, 90_000)

it('runs code over tools that it adds on the way', async () => {
  const input = 'const r = await tools.exec_command({ cmd: "echo $((40 + 2))" }); text(r)'
  stack.simulator.script('alpha', [
    { toolCalls: [{ id: 'call_1', name: 'functions__exec', arguments: { input } }] },
    { answer: 'It said 42' },
  ])
  expect(answerOf(await codex('gpt-6.2-sol', 'Run echo and say what it said'))).toBe('It said 42')
  expect(JSON.stringify(stack.simulator.calls().at(-1)?.body)).toMatch(/"role":"tool".*42/)
}, 90_000)

it('is offered the tools that its own search has found', async () => {
  const search = { id: 'call_1', name: 'tool_search', arguments: { query: 'spawn an agent' } }
  stack.simulator.script('alpha', [{ toolCalls: [search] }, { answer: 'Found' }])
  expect(answerOf(await codex('gpt-5.5', 'Which agents are there?'))).toBe('Found')
  const [first, second] = stack.simulator.calls().map(({ body }) => JSON.stringify(body))
  expect(first).not.toContain('spawn_agent"')
  expect(second).toMatch(/Tool loaded: [a-z0-9_]*spawn_agent.*"name":"[a-z0-9_]*__spawn_agent"/)
}, 90_000)

it('says why nobody answered', async () => {
  for (const name of ['alpha', 'beta']) stack.simulator.script(name, [{ status: 503 }])
  const failed = (await codex('default', 'x')).find(({ type }) => type === 'turn.failed')
  expect(failed?.error?.message).toMatch(/failed/)
}, 90_000)
