// Run by `npm run test:nodes` inside a project that has nothing but the package: starts `up --demo`, and uses the library,
// the gateway and the CLI as a user does. Prints what it found as one line of JSON; any fault is thrown.
import { strict as assert } from 'node:assert'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'

const ENTRIES = ['', '/embedded', '/workflow', '/plugin', '/testing', '/ai', '/ai7'].map(
  (name) => `holdfast${name}`,
)
const UP_WITHIN_MS = 60_000
const require = createRequire(path.join(process.cwd(), 'package.json'))
const cli = require.resolve('holdfast/package.json').replace('package.json', 'dist/src/cli/main.js')
const startedAt = Date.now()
const tookMs = () => Date.now() - startedAt

const MARKS = new Set(['default', 'module.exports', '__esModule'])
const exportsOf = (entry) =>
  Object.keys(entry)
    .filter((name) => !MARKS.has(name))
    .sort()

/** By `import` and by `require`: the same exports. */
async function entriesLoad() {
  for (const name of ENTRIES) assert.deepEqual(exportsOf(await import(name)), exportsOf(require(name)), name)
}

/** Resolves with the URLs that it prints. */
async function startUp() {
  const ports = ['--port', '0', '--temporal-port', '0', '--ui-port', '0']
  const up = spawn(process.execPath, [cli, 'up', '--demo', '--data', `state-${process.version}`, ...ports], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const limit = setTimeout(() => up.kill('SIGKILL'), UP_WITHIN_MS)
  for (const stream of [up.stdout, up.stderr]) stream.setEncoding('utf8')
  up.stderr.on('data', (text) => {
    said += text
  })
  for await (const text of up.stdout) {
    said += text
    if (said.includes('Health')) break
  }
  clearTimeout(limit)
  const [, address] = /Temporal +(\S+)/.exec(said) ?? []
  const [, gateway] = /OpenAI API +(\S+)\/v1/.exec(said) ?? []
  assert(address && gateway, `up did not come up:\n${said}`)
  return { up, address, gateway, said: () => said }
}

async function libraryAnswers(address) {
  process.env.TEMPORAL_ADDRESS = address
  const { createHoldfast, HoldfastError } = await import('holdfast')
  const holdfast = await createHoldfast()
  const { text, served } = await holdfast.generate({ prompt: 'Say hello' })
  assert(text.length > 0 && served === 'provider')
  let words = ''
  for await (const event of holdfast.stream({ prompt: 'Count' }))
    if (event.type === 'text') words += event.text
  assert(words.length > 0)
  const wrong = await holdfast.generate({ route: 'none', prompt: 'x' }).catch((error) => error)
  assert(wrong instanceof HoldfastError && wrong.kind === 'invalid_request')
  await holdfast.close()
}

async function gatewayAnswers(url) {
  const ask = (stream) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'default', stream, messages: [{ role: 'user', content: 'Say hello' }] }),
    })
  const whole = await ask(false)
  assert.equal(whole.status, 200)
  assert((await whole.json()).choices[0].message.content.length > 0)
  const streamed = await (await ask(true)).text()
  assert(streamed.includes('"finish_reason":"stop"') && streamed.trimEnd().endsWith('data: [DONE]'))
}

async function cliAnswers(address) {
  const env = { ...process.env, TEMPORAL_ADDRESS: address }
  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'generate', 'Say hello', '--json'], {
    env,
  })
  assert(JSON.parse(stdout).text.length > 0)
}

await entriesLoad()
const loadedMs = tookMs()
const { up, address, gateway, said } = await startUp()
const upMs = tookMs() - loadedMs
const exited = once(up, 'exit')
try {
  await libraryAnswers(address)
  await gatewayAnswers(gateway)
  await cliAnswers(address)
} finally {
  up.kill('SIGTERM')
}
const [code] = await exited
assert.equal(code, 0, `up ended with ${code}:\n${said()}`)
const warnings = said().match(/\(node:\d+\) .*/g) ?? []
process.stdout.write(
  `${JSON.stringify({ node: process.versions.node, loadedMs, upMs, tookMs: tookMs(), warnings })}\n`,
)
