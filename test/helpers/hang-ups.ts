/** Callers of a gateway who all hang up in one moment, while their calls wait at the provider. */
import { Client, type ConnectionLike } from '@temporalio/client'
import { gatewayOver, metric } from './gateway'
import { type HeldProvider, heldProvider } from './held-provider'
import { until } from './processes'
import { type Stack, startStack } from './stack'

/** A stack whose only provider holds its calls. */
export interface HeldStack {
  stack: Stack
  provider: HeldProvider
  config: string
  close(): Promise<void>
}

export async function heldStack(): Promise<HeldStack> {
  const provider = await heldProvider()
  const config = `
providers:
  held: { api: openai-chat, baseUrl: ${provider.url}, auth: none }
defaults: { circuit: false, retry: { maximumAttempts: 1 }, deadline: 300s, timeouts: { attempt: 300s, firstToken: 300s, idle: 300s } }
routes:
  default: { candidates: [held/model] }
`
  const stack = await startStack({ config: () => config })
  return {
    stack,
    provider,
    config,
    async close() {
      await provider.close()
      await stack.close()
    },
  }
}

type Service = ConnectionLike['workflowService']
type Call = (request: { workflowExecution?: { workflowId?: string | null } | null }) => Promise<unknown>

/** The same connection, but that these calls of Temporal's service go through `wrap`. */
export function wrapped(
  connection: ConnectionLike,
  wraps: { [Name in keyof Service]?: (send: Call) => Call },
): ConnectionLike {
  const service = new Proxy(connection.workflowService, {
    get(target, name, receiver) {
      const send = Reflect.get(target, name, receiver)
      return wraps[name as keyof Service]?.(send.bind(target)) ?? send
    },
  })
  return Object.create(connection, { workflowService: { value: service } })
}

/** What a gRPC call without an answer rejects with. */
export const unanswered = (code: 4 | 14): Error =>
  Object.assign(new Error('no answer'), { code, details: 'no answer', metadata: {} })

/** A server that takes none of the first cancellations of each run: it is busy with all of them. */
function busy(connection: ConnectionLike): ConnectionLike {
  const refused = new Set<unknown>()
  return wrapped(connection, {
    requestCancelWorkflowExecution: (send) => async (request) => {
      const id = request.workflowExecution?.workflowId
      if (refused.has(id)) return send(request)
      refused.add(id)
      throw unanswered(4)
    },
  })
}

export interface HungUp {
  /** Generations by how they ended. */
  ends: { [status: string]: number }
  /** From the moment they hung up to that at which the last call at the provider was hung up on. */
  tookMs: number
  failed: number
  pending: number
}

/** `drain`: the gateway gets SIGTERM in the same moment. */
export async function hangUpAtOnce(callers: number, drain: boolean): Promise<HungUp> {
  const held = await heldStack()
  const { stack, provider, config } = held
  const { client } = stack
  const temporal = new Client({ ...client.options, connection: busy(client.connection) })
  const gateway = await gatewayOver({ ...stack, client: temporal }, () => config)
  try {
    const before = await metric(gateway, 'cancellations_total{outcome="failed"}')
    const gone = new AbortController()
    const ask = (index: number): Promise<unknown> =>
      gateway
        .ask('/v1/chat/completions', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          signal: gone.signal,
          body: JSON.stringify({
            model: 'default',
            stream: index % 2 === 0,
            messages: [{ role: 'user', content: `caller ${index}` }],
          }),
        })
        .catch(() => null)
    const asking = Array.from({ length: callers }, (_, index) => ask(index))
    await until('all calls wait', () => provider.held() === callers, 60_000)
    const goneAt = performance.now()
    gone.abort()
    await Promise.all(asking)
    if (drain) await gateway.drain(10_000)
    await until('all are hung up on', () => provider.held() === 0, 60_000)
    const tookMs = performance.now() - goneAt
    const ends = await untilEnded(stack, callers)
    const [failed, pending] = drain
      ? [0, 0]
      : await Promise.all([
          metric(gateway, 'cancellations_total{outcome="failed"}'),
          metric(gateway, 'cancellations_pending'),
        ])
    return { ends, tookMs, failed: Math.max(0, failed - before), pending }
  } finally {
    if (!drain) await gateway.close()
    await held.close()
  }
}

async function untilEnded({ client, taskQueue }: Stack, count: number): Promise<HungUp['ends']> {
  let ends: HungUp['ends'] = {}
  await until(
    'all have ended',
    async () => {
      ends = {}
      for await (const { status } of client.workflow.list({
        query: `TaskQueue = "${taskQueue}" AND WorkflowType = "generation"`,
      }))
        ends[status.name] = (ends[status.name] ?? 0) + 1
      return (ends.RUNNING ?? 0) === 0 && Object.values(ends).reduce((sum, one) => sum + one, 0) === count
    },
    10_000,
  )
  return ends
}
