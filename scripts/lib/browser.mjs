// A headless Chromium, steered by its DevTools protocol over a pipe: no driver is installed for it.
import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** A page that does not show by then what is expected is loaded again: current details are read once a load. */
const SHOWN_WITHIN_MS = 10_000
const LOADS_MAX = 3
const LOOK_AGAIN_MS = 100
/** Markdown stands in frames of their own, and fonts come late. */
const SETTLE_MS = 700

/** By CHROMIUM, else on the PATH. */
export function findChromium(env = process.env) {
  if (env.CHROMIUM) return env.CHROMIUM
  const folders = (env.PATH ?? '').split(path.delimiter)
  const files = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)))
  const found = files.find(isProgram)
  if (found === undefined)
    throw new Error(`no browser: set CHROMIUM, or put one of these on the PATH: ${NAMES.join(', ')}`)
  return found
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * `shoot(url, { shows, width, height })`: a PNG of the page as soon as it, or a frame of it, shows the text `shows`. In steps:
 * `visit(url, { width, height, dark })`, `shows(text)`, `evaluate(expression)` (its JSON), `press(key)`, `picture({ whole })`;
 * `said()`: what the page's own scripts and policies complained about.
 */
export async function openBrowser(program = findChromium()) {
  const profile = mkdtempSync(path.join(tmpdir(), 'holdfast-browser-'))
  const child = spawn(
    program,
    [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--hide-scrollbars',
      '--disable-site-isolation-trials',
      '--remote-debugging-pipe',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  )
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const protocol = overPipe(child)
  const { targetId } = await protocol('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await protocol('Target.attachToTarget', { targetId, flatten: true })
  const page = (method, params) => protocol(method, params, sessionId)
  await page('Page.enable')
  await page('Runtime.enable')
  await page('Log.enable')
  const size = (width, height) =>
    page('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })

  return {
    async visit(url, { width = 1440, height = 900, dark = false } = {}) {
      await size(width, height)
      const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]
      await page('Emulation.setEmulatedMedia', { features })
      await page('Page.navigate', { url })
    },
    shows: (text) => untilShown(page, text, 'the page'),
    async evaluate(expression) {
      const { result, exceptionDetails } = await page('Runtime.evaluate', {
        expression,
        returnByValue: true,
        awaitPromise: true,
        userGesture: true,
      })
      if (exceptionDetails !== undefined)
        throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
      return result.value
    },
    async press(key) {
      const text = key === 'Enter' ? '\r' : undefined
      const codes = { Enter: 13, Tab: 9, Escape: 27 }
      const event = { key, code: key, windowsVirtualKeyCode: codes[key], text }
      await page('Input.dispatchKeyEvent', { type: 'keyDown', ...event })
      await page('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
    },
    async picture({ whole = false } = {}) {
      await pause(SETTLE_MS)
      const { data } = await page('Page.captureScreenshot', { format: 'png', captureBeyondViewport: whole })
      return Buffer.from(data, 'base64')
    },
    said: () => protocol.complaints(),
    async shoot(url, { shows, width = 1440, height = 900 }) {
      await size(width, height)
      await load(page, url, shows, LOADS_MAX)
      await pause(SETTLE_MS)
      const { data } = await page('Page.captureScreenshot', { format: 'png' })
      return Buffer.from(data, 'base64')
    },
    async close() {
      await protocol('Browser.close').catch(() => undefined)
      await exited
      rmSync(profile, { recursive: true, force: true })
    },
  }
}

/** Messages are JSON, each ended by a zero byte. */
function overPipe(child) {
  const [, , , input, output] = child.stdio
  const waiting = new Map()
  const complaints = []
  let last = 0
  let rest = ''
  output.setEncoding('utf8')
  output.on('data', (chunk) => {
    const messages = (rest + chunk).split('\0')
    rest = messages.pop()
    for (const { id, result, error, method, params } of messages.map((one) => JSON.parse(one))) {
      if (method === 'Runtime.exceptionThrown')
        complaints.push(params.exceptionDetails.exception?.description)
      if (method === 'Log.entryAdded' && params.entry.source === 'security')
        complaints.push(params.entry.text)
      const one = waiting.get(id)
      waiting.delete(id)
      if (error === undefined) one?.resolve(result)
      else one?.reject(new Error(error.message))
    }
  })
  const end = () => {
    for (const { reject } of waiting.values()) reject(new Error('the browser has ended'))
  }
  child.once('error', end)
  child.once('exit', end)
  const protocol = (method, params = {}, sessionId = undefined) =>
    new Promise((resolve, reject) => {
      last += 1
      waiting.set(last, { resolve, reject })
      input.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`)
    })
  return Object.assign(protocol, { complaints: () => complaints })
}

/** Of the page and of every frame that is read as the page's own. */
const TEXT = `[document, ...[...document.querySelectorAll('iframe')].map((frame) => frame.contentDocument)]
  .map((one) => one?.body?.innerText ?? '').join('\\n')`

async function load(page, url, shows, loadsLeft) {
  await page('Page.navigate', { url })
  try {
    await untilShown(page, shows, url)
  } catch (error) {
    if (loadsLeft <= 1) throw error
    await load(page, url, shows, loadsLeft - 1)
  }
}

async function untilShown(page, shows, url) {
  const until = Date.now() + SHOWN_WITHIN_MS
  for (;;) {
    const { result } = await page('Runtime.evaluate', { expression: TEXT, returnByValue: true })
    const text = String(result.value ?? '').replaceAll('\u00a0', ' ')
    if (text.includes(shows)) return
    if (Date.now() > until) throw new Error(`${url} does not show "${shows}", but:\n${text}`)
    await pause(LOOK_AGAIN_MS)
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
