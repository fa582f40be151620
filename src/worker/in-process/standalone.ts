/**
 * In-process runs in a process that has no worker: a gateway of its own, while Temporal is away. The process then needs
 * the providers' keys.
 */
import type { Logger } from 'pino'
import { createBudgets } from '../../budgets'
import { type BoardDeps, createProviderBoard, type ProviderBoard } from '../../circuits/board'
import type { Config, Env } from '../../config'
import { type Metrics, processMetrics } from '../../telemetry/metrics'
import type { Tracing } from '../../telemetry/tracing'
import { createWorkerClock } from '../clock'
import { processDeps } from '../deps'
import { WORKER_OPTIONS } from '../worker-options'
import { createInProcess, type InProcess } from '.'

export interface StandaloneSettings {
  config: Config
  env: Env
  logger: Logger
  /** Default: those of this process. */
  metrics?: Metrics | undefined
  /** Closed by whoever opened it. Default: no traces. */
  tracing?: Tracing | null | undefined
}

export async function startStandalone({
  config,
  env,
  logger,
  metrics = processMetrics(),
  tracing,
}: StandaloneSettings): Promise<InProcess> {
  const slots = WORKER_OPTIONS.maxConcurrentActivityTaskExecutions
  const { deps, endProbes, close } = processDeps({
    config,
    env,
    logger,
    slots,
    metrics,
    clock: createWorkerClock(),
  })
  const circuits = ownCircuits(logger)
  const budgets = createBudgets({
    client: null,
    taskQueue: '',
    identity: 'in-process',
    tenants: config.tenants,
    logger,
    now: Date.now,
    metrics,
  })
  const endMetrics = metrics.watch({ circuits: circuits.states, budgets: budgets.states })
  const inProcess = await createInProcess({
    ...deps,
    searchAttributes: false,
    circuits,
    budgets,
    tracing,
    signalDue: () => undefined,
  })
  return {
    ...inProcess,
    async drain(graceMs) {
      await inProcess.drain(graceMs)
      await endProbes()
      endMetrics()
      await circuits.close()
      await budgets.close()
      await close()
    },
  }
}

/** No entity to read from or report to: this process goes by what it sees itself. */
const NO_ENTITY: BoardDeps['entity'] = {
  read: () => Promise.reject(new Error('no circuits without Temporal')),
  report: () => Promise.reject(new Error('no circuits without Temporal')),
  reportOutcome: () => Promise.reject(new Error('no circuits without Temporal')),
  requestPermit: () => Promise.reject(new Error('no circuits without Temporal')),
}

function ownCircuits(logger: Logger) {
  const boards = new Map<string, ProviderBoard>()
  const boardOf = (provider: string): ProviderBoard => {
    const board =
      boards.get(provider) ??
      createProviderBoard({
        provider,
        entity: NO_ENTITY,
        peers: { count: () => 1, rank: () => 0, refresh: async () => undefined },
        worker: 'in-process',
        logger,
        onUnreadable: () => undefined,
        now: Date.now,
        random: Math.random,
      })
    boards.set(provider, board)
    return board
  }
  return {
    admit: (provider: string, attempt: Parameters<ProviderBoard['admit']>[0]) =>
      boardOf(provider).admit(attempt),
    obstacle: (provider: string, model: string) => boardOf(provider).obstacle(model),
    states: () => [...boards].map(([provider, board]) => [provider, board.states()] as const),
    async fresh(providers: readonly string[], atMostMs?: number) {
      await Promise.all(providers.map((provider) => boardOf(provider).fresh(atMostMs)))
    },
    async close() {
      await Promise.all([...boards.values()].map((board) => board.close()))
    },
  }
}
