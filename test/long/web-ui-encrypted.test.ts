/** Temporal's Web UI in Chromium, over `up` with encryption keys: it shows what the codec of the gateway gives it, and nothing without a key. */

import { freePorts } from '../../src/dev-server/ports'
import { newEncryptionKey } from '../../src/encryption'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Browser, openBrowser } from '../helpers/browser'
import { type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/processes'

const PROMPT = 'planted-prompt-4410'
const ANSWER = 'planted-answer-7731'
const SHOWN_MS = 30_000
const TEXT = 'document.body.innerText'

let browser: Browser | null
let simulator: Simulator
let host: Commands
beforeAll(async () => {
  browser = await openBrowser()
  if (browser === null) process.stderr.write('SKIPPED: the Web UI with keys: there is no browser here\n')
  simulator = await startSimulator()
  simulator.script('alpha', [{ answer: ANSWER }])
}, 60_000)
beforeEach(() => {
  host = commands()
})
afterEach(() => host.close())
afterAll(async () => {
  await browser?.close()
  await simulator?.close()
})

/** The page of a generation that was answered by `up` with encryption keys. */
async function visitGeneration(page: Browser, env: { [name: string]: string }): Promise<void> {
  const providers = `{ alpha: { api: openai-chat, baseUrl: "${simulator.url}/alpha/v1", auth: none } }`
  host.file(
    'holdfast.yaml',
    `providers: ${providers}\nroutes: { default: { candidates: [alpha/model-a] } }\n`,
  )
  // The options of its Web UI name the port before the gateway listens.
  const [port = 0] = await freePorts(1, '127.0.0.1')
  const ports = ['--port', String(port), '--temporal-port', '0', '--ui-port', '0']
  const up = host.run(['up', ...ports, '--data', 'data'], {
    HOLDFAST_VERSIONING: 'off',
    HOLDFAST_ENCRYPTION_KEYS: newEncryptionKey('test'),
    ...env,
  })
  const [, ui = ''] = await up.says(/Web UI\s+(\S+)/)
  await up.says(/Health/)
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'key-of-acme' },
    body: JSON.stringify({ model: 'default', messages: [{ role: 'user', content: PROMPT }] }),
  })
  expect(await response.text()).toContain(ANSWER)
  const id = response.headers.get('x-holdfast-generation')
  await page.visit(`${ui}/namespaces/default/workflows/${id}`, { height: 3_000 })
}

/** Its editors draw the lines in sight alone: a long input is scrolled through. */
const SCROLL = `for (const one of document.querySelectorAll('.cm-scroller')) one.scrollTop = (one.scrollTop + 200) % one.scrollHeight`

async function shows(page: Browser, words: string): Promise<void> {
  await until(
    `it shows ${words}`,
    async () => {
      await page.evaluate(SCROLL)
      return (await page.evaluate<string>(TEXT)).includes(words)
    },
    SHOWN_MS,
  )
}

it('where the gateway asks for no key, input and result are shown', async () => {
  if (browser === null) return
  await visitGeneration(browser, {})
  await shows(browser, ANSWER)
  await shows(browser, PROMPT)
}, 120_000)

it('where it asks for one, and the Web UI has none, what is encrypted stays so', async () => {
  if (browser === null) return
  const keys = { HOLDFAST_API_KEYS: 'acme:key-of-acme', HOLDFAST_OPERATE_KEYS: 'ada:key-of-ada' }
  await visitGeneration(browser, keys)
  await shows(browser, 'Codec Server could not connect')
  expect(await browser.evaluate<string>(TEXT)).not.toMatch(`${PROMPT}|${ANSWER}`)
}, 120_000)
