/** A headless Chromium in a process of its own (scripts/lib/browser.mjs, an ES module, which jest does not load), where one is installed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'

const TOP = path.resolve(__dirname, '..', '..')

const SERVE = `
import { createInterface } from 'node:readline'
import { findChromium, openBrowser } from './scripts/lib/browser.mjs'
let browser
try { browser = await openBrowser(findChromium()) } catch (error) { console.log(JSON.stringify({ none: error.message })); process.exit(0) }
console.log(JSON.stringify({ ready: true }))
for await (const line of createInterface({ input: process.stdin })) {
  const { name, args } = JSON.parse(line)
  try {
    const value = await browser[name](...args)
    console.log(JSON.stringify({ value: Buffer.isBuffer(value) ? value.toString('base64') : (value ?? null) }))
  } catch (error) { console.log(JSON.stringify({ error: error.message })) }
}
await browser.close()
`

export interface Browser {
  visit(url: string, how?: { width?: number; height?: number; dark?: boolean }): Promise<void>
  /** Resolves when the page shows this text; rejects after ten seconds with what it shows instead. */
  shows(text: string): Promise<void>
  evaluate<T = unknown>(expression: string): Promise<T>
  press(key: 'Enter' | 'Tab' | 'Escape'): Promise<void>
  /** What scripts threw and policies forbade. */
  said(): Promise<string[]>
  close(): Promise<void>
}

/** null: there is no browser here. */
export async function openBrowser(): Promise<Browser | null> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SERVE], {
    cwd: TOP,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<{ [field: string]: unknown }> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('the browser has ended')
    return JSON.parse(value)
  }
  const exited = once(child, 'exit')
  if ('none' in (await next())) return null
  let turn: Promise<unknown> = Promise.resolve()
  const call = <T>(name: string, ...args: unknown[]): Promise<T> => {
    const mine = turn.then(async () => {
      child.stdin.write(`${JSON.stringify({ name, args })}\n`)
      const { value, error } = await next()
      if (error !== undefined) throw new Error(String(error))
      return value as T
    })
    turn = mine.catch(() => undefined)
    return mine
  }
  return {
    visit: (url, how = {}) => call('visit', url, how),
    shows: (text) => call('shows', text),
    evaluate: (expression) => call('evaluate', expression),
    press: (key) => call('press', key),
    said: () => call('said'),
    async close() {
      child.stdin.end()
      await exited
    },
  }
}
