/**
 * A scripted LLM provider on a real socket. It serves OpenAI's three formats, Anthropic's messages and
 * Gemini's generateContent, streaming and not, and misbehaves on order. Tests, quickstart, drills and benchmarks use it;
 * it is steered by this API and by HTTP (`/_simulator`).
 */
import type { AddressInfo } from 'node:net'
import { type BillLine, billOf } from './bill'
import { createCalls } from './calls'
import { createRateLimits, type RateLimits } from './rate-limits'
import { type CallFilter, createRecorder, type RecordedCall } from './record'
import { parseScript, parseSteps, type Script, type ScriptStep } from './script'
import { createScriptBook } from './script-book'
import { createSimulatorServer } from './server'

export type { BillLine } from './bill'
export { keyHash } from './keys'
export type { RateLimits } from './rate-limits'
export type { CallFilter, CallOutcome, RecordedCall } from './record'
export { type Script, ScriptError, type ScriptStep, type StepInput } from './script'
export { loadScript } from './script-file'
export { wordsText } from './text'

export interface SimulatorOptions {
  /** Default 0: a free one. */
  port?: number
  /** Default 127.0.0.1. */
  host?: string
  /** Of latencies. Default 1. */
  seed?: number
  script?: Script
  /** Keys that a provider takes; others get a 401. A provider without an entry takes any, and none. */
  keys?: { [provider: string]: readonly string[] }
  /** By provider or target: what each key may have of each model. */
  rateLimits?: { [target: string]: RateLimits }
  /** Targets that refuse a prefill (a last message by the assistant) with a 400. */
  noPrefill?: readonly string[]
  /** Called for each call when its outcome is known. */
  onFinished?: (call: RecordedCall) => void
}

export interface Simulator {
  /** `http://127.0.0.1:PORT` */
  url: string
  port: number
  /** `<url>/<provider>/v1`: the base URL of one simulated provider. (Anthropic's SDK adds `/v1` itself; Gemini's
   * format has `/v1beta` in its place, which Google's SDK adds.) */
  baseUrl(provider: string): string
  /**
   * Replaces the steps of a provider (`alpha`) or a target (`alpha/model-x`, which wins over its provider's).
   * An empty list removes them. Throws `ScriptError`, which names step and key.
   */
  script(target: string, steps: readonly ScriptStep[]): void
  /** What each key may have of a target, or of each model of a provider, from now on. null: all it wants. */
  rateLimits(target: string, limits: RateLimits | null): void
  /** Recorded calls in the order of their arrival. */
  calls(filter?: CallFilter): RecordedCall[]
  /**
   * Resolves with the calls when `count` of them that pass the filter were received (or have the outcome that
   * the filter says). Rejects after `timeoutMs` (default 5,000) with what was received instead.
   */
  waitForCalls(count: number, filter?: CallFilter, timeoutMs?: number): Promise<RecordedCall[]>
  /** What a provider would charge for the recorded calls: see docs/cost.md. */
  bill(): BillLine[]
  /** Forgets calls, and every script but the one that it was started with, which begins anew. */
  reset(): void
  /** Ends all sockets at once. */
  close(): Promise<void>
  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a simulator. Rejects where the port is taken, and with `ScriptError`. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1', seed = 1, keys = {}, onFinished } = options
  const book = createScriptBook()
  const recorder = createRecorder()
  const noPrefill = new Set(options.noPrefill)
  const rateLimits = createRateLimits()
  const calls = createCalls({ seed, keys, noPrefill, rateLimits, onFinished }, book, recorder)

  const setScript = (script: unknown) => {
    for (const [target, steps] of parseScript(script)) book.set(target, steps)
  }
  const setRateLimits = (all: { [target: string]: RateLimits | null }) => {
    for (const [target, limits] of Object.entries(all)) rateLimits.set(target, limits)
  }
  const reset = () => {
    recorder.clear()
    book.clear()
    calls.clear()
    rateLimits.clear()
    setRateLimits(options.rateLimits ?? {})
    setScript(options.script ?? {})
  }
  const models = (provider: string) => {
    const scripted = book.targets().filter((target) => target.startsWith(`${provider}/`))
    return scripted.length > 0 ? scripted.map((target) => target.slice(provider.length + 1)) : ['model-x']
  }
  const bill = (): BillLine[] => billOf(recorder.calls())
  setScript(options.script ?? {})
  setRateLimits(options.rateLimits ?? {})

  const server = createSimulatorServer({
    calls,
    controls: { calls: recorder.calls, bill, setScript, setRateLimits, reset },
    models,
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `port ${port} of ${host} is taken: name another one, or 0 for a free one`
      reject(error.code === 'EADDRINUSE' ? new Error(taken, { cause: error }) : error)
    })
    server.listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  const reachable =
    host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  const url = `http://${reachable}:${bound}`

  const close = (): Promise<void> =>
    new Promise((resolve) => {
      recorder.close()
      server.close(() => resolve())
      server.closeAllConnections()
    })

  return {
    url,
    port: bound,
    baseUrl: (provider) => `${url}/${encodeURIComponent(provider)}/v1`,
    rateLimits: rateLimits.set,
    script: (target, steps) => book.set(target, parseSteps(target, steps)),
    calls: recorder.calls,
    bill,
    waitForCalls: recorder.waitForCalls,
    reset,
    close,
    [Symbol.asyncDispose]: close,
  }
}
