/** Providers' limits as an operator sees them: read from the memo of each provider's entity. Starts nothing. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import type { Config } from '../config'
import { LIMITS_MEMO, limitsWorkflowId, readLimitsMemo } from '../contract/limits'
import { type LimitUnit, readLimitId } from '../domain/limits/limit'
import { createSemaphore } from '../util/semaphore'
import { grpcReason } from './grpc-errors'

const DESCRIBE_DEADLINE_MS = 2_000
const READS_AT_ONCE = 10

export interface LimitRow {
  /** `provider/model`, or `provider`: over all of its models. */
  target: string
  /** The variable that holds the key; null: the provider needs none. */
  key: string | null
  unit: LimitUnit
  amount: number
  windowMs: number
  source: 'config' | 'learned'
  /** Taken in the window, by all workers; null: nobody has come near it lately. */
  used: number | null
  /** What waits, in the limit's unit. */
  waiting: number
  /** Epoch milliseconds: when it was reported; null: never. */
  at: number | null
}

export interface ProviderLimits {
  provider: string
  limits: LimitRow[]
  /** Why what workers report can't be read; null: it can. */
  problem: string | null
}

/** Every provider of the config: what is configured, and what its workers have reported. Never rejects. */
export async function listLimits(
  client: Client,
  config: Config,
  taskQueue: string,
): Promise<ProviderLimits[]> {
  const limit = createSemaphore(READS_AT_ONCE)
  const read = async (provider: string): Promise<ProviderLimits> => {
    const { rows, problem } = await limit(() => reported(client, provider, taskQueue))
    const known = new Set(rows.map(({ target, unit, windowMs }) => `${target} ${unit} ${windowMs}`))
    const configured = configuredRows(config, provider).filter(
      ({ target, unit, windowMs }) => !known.has(`${target} ${unit} ${windowMs}`),
    )
    return { provider, limits: [...rows, ...configured], problem }
  }
  return Promise.all(Object.keys(config.providers).map(read))
}

async function reported(
  client: Client,
  provider: string,
  taskQueue: string,
): Promise<{ rows: LimitRow[]; problem: string | null }> {
  try {
    const { memo } = await client.withDeadline(Date.now() + DESCRIBE_DEADLINE_MS, () =>
      client.workflow.getHandle(limitsWorkflowId(provider, taskQueue)).describe(),
    )
    const published = readLimitsMemo(memo?.[LIMITS_MEMO])
    const rows = Object.entries(published?.limits ?? {}).flatMap(([id, one]): LimitRow[] => {
      const named = readLimitId(id)
      if (named === null) return []
      const { key, model, unit, windowMs } = named
      const target = model === null ? provider : `${provider}/${model}`
      const { amount, used, waiting, learned } = one
      const source = learned ? 'learned' : 'config'
      return [{ target, key, unit, amount, windowMs, source, used, waiting, at: published?.at ?? null }]
    })
    return { rows, problem: null }
  } catch (error) {
    // It starts when a worker has come near a limit.
    if (error instanceof WorkflowNotFoundError) return { rows: [], problem: null }
    return { rows: [], problem: `Temporal did not answer: ${grpcReason(error)}` }
  }
}

function configuredRows({ providers }: Config, provider: string): LimitRow[] {
  const { all = [], models = {} } = providers[provider]?.limits ?? {}
  const nothing = { key: null, source: 'config', used: null, waiting: 0, at: null } as const
  return [
    ...all.map((one) => ({ target: provider, ...one, ...nothing })),
    ...Object.entries(models).flatMap(([model, limits]) =>
      limits.map((one) => ({ target: `${provider}/${model}`, ...one, ...nothing })),
    ),
  ]
}
