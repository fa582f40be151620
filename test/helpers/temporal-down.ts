/** A Temporal server that is killed in mid-traffic and comes back, and what the callers saw. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Generation, type Holdfast, HoldfastError } from '../../src/client'
import { type EmbeddedServer, startEmbeddedServer } from '../../src/dev-server/embedded'

export interface MortalServer {
  address: string
  /** SIGKILL; resolves when it has gone. */
  kill(): Promise<void>
  /** On the same ports and the same data; resolves when it serves. */
  comeBack(): Promise<void>
  close(): Promise<void>
}

export async function mortalServer(): Promise<MortalServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-down-'))
  const dataFile = path.join(folder, 'temporal.db')
  let server: EmbeddedServer = await startEmbeddedServer({ dataFile })
  const { address, uiUrl } = server
  const ports = { port: Number(address.split(':')[1]), uiPort: Number(new URL(uiUrl).port) }
  return {
    address,
    async kill() {
      process.kill(server.pid, 'SIGKILL')
      await server.exited
    },
    async comeBack() {
      server = await startEmbeddedServer({ dataFile, ...ports })
    },
    async close() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

export interface Call {
  prompt: string
  startedAt: number
  tookMs: number
  result: Generation | null
  error: HoldfastError | null
}

/** One question every `everyMs`, each with a prompt of its own. */
export function traffic(holdfast: Holdfast, name: string, everyMs: number) {
  const all: Promise<Call>[] = []
  const ended: Call[] = []
  const ask = async (prompt: string): Promise<Call> => {
    const startedAt = Date.now()
    const end = (result: Generation | null, error: HoldfastError | null): Call => {
      const call = { prompt, startedAt, tookMs: Date.now() - startedAt, result, error }
      ended.push(call)
      return call
    }
    try {
      return end((await holdfast.generate({ prompt })) as Generation, null)
    } catch (error) {
      if (error instanceof HoldfastError) return end(null, error)
      throw error
    }
  }
  const timer = setInterval(() => all.push(ask(`${name} ${all.length}`)), everyMs)
  return {
    ended,
    stop(): Promise<Call[]> {
      clearInterval(timer)
      return Promise.all(all)
    },
  }
}
