/** Of a generation that was forgotten, no byte is left in the database file of `up`, nor in its write-ahead log: while it runs. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Command, type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/processes'

/** Longer than a page of SQLite, so that it stands in pages of its own as well. */
const LONG = 'x'.repeat(30_000)
/** Temporal's deletion takes at most 40 s, and then its writes have to fill the log once. */
const GONE_MS = 150_000

const FILES = ['temporal.db', 'temporal.db-wal']
let host: Commands
let simulator: Simulator
let up: Command

beforeAll(async () => {
  host = commands()
  simulator = await startSimulator()
  host.file(
    'holdfast.yaml',
    `providers: { alpha: { api: openai-chat, baseUrl: "${simulator.url}/alpha/v1", auth: none } }
routes: { default: { candidates: [alpha/model-a] } }
`,
  )
  up = host.run(['up', '--port', '0', '--temporal-port', '0', '--ui-port', '0', '--data', 'data'], {
    HOLDFAST_VERSIONING: 'off',
  })
  await up.says(/Health/)
}, 90_000)
afterAll(async () => {
  await host?.close()
  await simulator?.close()
})

const filesWith = (words: string): string[] =>
  FILES.map((name) => path.join(host.folder, 'data', name)).filter(
    (file) => existsSync(file) && readFileSync(file).includes(words),
  )

async function answered(prompt: string): Promise<string> {
  const [, url = ''] = await up.says(/OpenAI API\s+(\S+)\/v1/)
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'default', messages: [{ role: 'user', content: prompt }] }),
  })
  await response.text()
  return response.headers.get('x-holdfast-generation') ?? ''
}

it('by the command and over HTTP, for short and long requests and answers; another generation stays', async () => {
  simulator.script('alpha', [
    { answer: 'forgotten-answer-7731', times: 1 },
    { answer: `forgotten-answer-7731 ${LONG}`, times: 1 },
    { answer: 'fine' },
  ])
  const short = await answered('forgotten-prompt-4410')
  const long = await answered(`forgotten-prompt-4410 ${LONG}`)
  await answered('a prompt that stays')
  expect(filesWith('forgotten-prompt-4410')).not.toEqual([])
  expect(filesWith('forgotten-answer-7731')).not.toEqual([])
  const [, url = ''] = await up.says(/OpenAI API\s+(\S+)\/v1/)
  const [, address = ''] = await up.says(/Temporal\s+(127\.0\.0\.1:\d+)/)
  const deleted = await fetch(`${url}/v1/generations/${long}?forget=true`, { method: 'DELETE' })
  expect(deleted.status).toBe(200)
  const forget = host.run(['forget', short, '--data', 'data'], { TEMPORAL_ADDRESS: address })
  expect([await forget.exited, forget.stderr()]).toEqual([0, ''])
  const gone = () => ['forgotten-prompt-4410', 'forgotten-answer-7731'].flatMap(filesWith).length === 0
  await until('no byte of it is left', gone, GONE_MS)
  expect(filesWith('a prompt that stays')).not.toEqual([])
}, 300_000)
