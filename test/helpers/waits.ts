/** Many callers that wait at a server which lets only so many long polls stand at once, its worker's among them. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createHoldfast } from '../../src/client'
import { LONG_POLLS, processPolls } from '../../src/client/polls'
import { parseConfig } from '../../src/config'
import { type EmbeddedServer, startEmbeddedServer } from '../../src/dev-server/embedded'
import { findTemporalCli } from '../../src/dev-server/find-cli'
import { gatewayOver } from './gateway'
import { heldProvider } from './held-provider'
import { until } from './processes'
import { startStack } from './stack'

/** A server whose dynamic config has these values too. */
export async function serverWith(dynamic: { [name: string]: string }): Promise<EmbeddedServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-server-'))
  const cli = path.join(folder, 'temporal')
  const flags = Object.entries(dynamic).map(([name, value]) => `--dynamic-config-value '${name}=${value}'`)
  const real = await findTemporalCli({})
  writeFileSync(
    cli,
    `#!/bin/sh\nif [ "$1" = server ]; then exec '${real}' "$@" ${flags.join(' ')}; fi\nexec '${real}' "$@"\n`,
  )
  chmodSync(cli, 0o755)
  const server = await startEmbeddedServer({ cli })
  return {
    ...server,
    async stop() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export interface WaitNumbers {
  /** Of the namespace. */
  longPolls: number
  /** A third each: through the gateway, streamed through the gateway, and by a client without a delivery log. */
  callers: number
}

export interface Ended {
  code: string
  tookMs: number
}

export interface Waited {
  /** What each caller got. */
  answers: string[]
  /** What one that came while all others waited got, and after how long. */
  late: { text: string; tookMs: number }
  /** One whose only call failed, and one that was cancelled by its id, both over the gateway meanwhile. */
  failed: Ended
  cancelled: Ended
  /** Long polls of this process at once, at most. */
  standing: number
  places: number
}

/** All callers wait at the same time; then the provider answers. */
export async function waitInACrowd({ longPolls, callers }: WaitNumbers): Promise<Waited> {
  const provider = await heldProvider()
  const config = (url: string): string => `
providers:
  held: { api: openai-chat, baseUrl: ${provider.url}, auth: none }
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
defaults: { circuit: false, retry: { maximumAttempts: 1 }, deadline: 120s, timeouts: { attempt: 120s, firstToken: 120s, idle: 120s } }
routes:
  default: { candidates: [held/model] }
  other: { candidates: [alpha/model-a] }
`
  const server = await serverWith({ 'frontend.namespaceCount': `${longPolls}` })
  const stack = await startStack({ server, config })
  const gateway = await gatewayOver(stack, config)
  const library = await createHoldfast({
    config: parseConfig(config(stack.simulator.url)),
    env: { TEMPORAL_ADDRESS: server.address },
    taskQueue: stack.taskQueue,
  })
  let standing = 0
  const watch = setInterval(() => {
    standing = Math.max(standing, processPolls.standing())
  }, 5)
  try {
    const ask = async (index: number): Promise<string> => {
      if (index % 3 === 2) return (await library.generate({ prompt: `caller ${index}` })).text
      const stream = index % 3 === 1
      const messages = [{ role: 'user', content: `caller ${index}` }]
      const response = await gateway.post('/v1/chat/completions', { model: 'default', stream, messages })
      const body = await response.text()
      if (!stream) return JSON.parse(body).choices?.[0]?.message.content ?? body
      return body.includes('[DONE]') ? (/"content":"([^"]+)"/.exec(body)?.[1] ?? body) : body
    }
    const waiting = Promise.all(
      Array.from({ length: callers }, (_, index) => ask(index).catch((error: Error) => error.message)),
    )
    await until('all wait', () => provider.held() === callers, 60_000)
    const calledAt = performance.now()
    const { text } = await library.generate({ route: 'other', prompt: 'late' })
    const tookMs = performance.now() - calledAt
    stack.simulator.script('alpha', [{ fault: 'invalid_request', times: 1 }, { fault: 'silent' }])
    const failed = await endOf(() =>
      gateway.post('/v1/chat/completions', {
        model: 'other',
        messages: [{ role: 'user', content: 'it fails' }],
      }),
    )
    const { id } = await library.start({ route: 'other', prompt: 'it is cancelled' })
    await stack.simulator.waitForCalls(3)
    const ends = gateway.ask(`/v1/generations/${id}/events`)
    const cancelled = await endOf(async () => {
      await gateway.ask(`/v1/generations/${id}`, { method: 'DELETE' })
      return ends
    })
    provider.release()
    return { answers: await waiting, late: { text, tookMs }, failed, cancelled, standing, places: LONG_POLLS }
  } finally {
    clearInterval(watch)
    await library.close()
    await gateway.close()
    await stack.close()
    await provider.close()
    await server.stop()
  }
}

async function endOf(ask: () => Promise<Response>): Promise<Ended> {
  const startedAt = performance.now()
  const body = await (await ask()).text()
  const code = /"code":"([^"]+)"/.exec(body)?.[1] ?? body
  return { code, tookMs: performance.now() - startedAt }
}
