/**
 * The library's client, put together: a caller's request is prepared (prepare-start.ts), started (begin.ts) or run in
 * process (in-process.ts), waited for (begun-generation.ts), and hung up on (hang-ups.ts).
 */
import { setMaxListeners } from 'node:events'
import { givenConfig } from '../config'
import { withWebUrl } from '../contract/errors'
import { DEFAULT_TASK_QUEUE, type GenerationResult } from '../contract/generation'
import { metadataIn } from '../contract/generation-memo'
import { checkTenant } from '../request'
import { payloadStoreOf } from '../stores/payloads'
import { temporalOptions } from '../temporal/connection'
import { withDataConverter } from '../temporal/data-converter'
import { attachTo } from './attach'
import { readAttempts } from './attempts'
import { createBegin } from './begin'
import { begunGeneration, type Caller } from './begun-generation'
import { countTokens } from './count-tokens'
import { reachableDelivery } from './delivery'
import { embed, withNumbers } from './embed'
import { createHangUps } from './hang-ups'
import { inProcessInput, inProcessRunner, runInProcess } from './in-process'
import type { InternalHoldfast, InternalOptions, OpenOptions, OpenRequest } from './internal'
import { createPolls, processPolls } from './polls'
import { type PreparedStart, prepareStart } from './prepare-start'
import { readRequest } from './recorded-request'
import { requireTenant } from './result'
import { createRuns } from './runs'
import { readStatus } from './status'
import { createTemporalClients } from './temporal-client'
import { type Schemas, typedResult } from './typed'
import type { Generation } from './types'
import { type Awaited, awaitResult } from './wait'
import { webUrls } from './web-url'

/**
 * Reads the config; connects at the first call. Throws ConfigError, TemporalSettingsError, or HoldfastError where the
 * tenant is none.
 */
export async function createHoldfast(options: InternalOptions = {}): Promise<InternalHoldfast> {
  const env = options.env ?? process.env
  const config = await givenConfig(options.config, env)
  const fromEnv = temporalOptions(env)
  const temporal = { ...fromEnv, namespace: options.namespace ?? fromEnv.namespace }
  const payloads = payloadStoreOf(config, env)
  const seams = withDataConverter(options, { env, config })
  const temporalClients = createTemporalClients(temporal, options.connection, seams)
  const webUrl = webUrls(temporal, env)
  const tenant = options.tenant === undefined ? null : checkTenant(options.tenant)
  const taskQueue = options.taskQueue ?? (env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE)

  /** Ends every wait that there is. */
  const closing = lastingController()
  /** The way to Temporal is about to be closed. */
  const ending = lastingController()
  const allPolls = options.longPolls === undefined ? processPolls : createPolls(options.longPolls)
  const polls = allPolls.of(tenant)
  const own = options.delivery === undefined ? await reachableDelivery(config, env) : null
  const runs = createRuns(temporalClients)
  const hangUps = createHangUps({ runs, tenant, polls, ending: ending.signal })
  const { eager = false, delivery = own, circuitSnapshot } = options
  const deps = { temporalClients, runs, hangUps, polls, tenant, taskQueue, webUrl }
  const waits = { ...deps, delivery, closing: closing.signal }
  const begin = createBegin({ ...deps, payloads, eager, ...(circuitSnapshot && { circuitSnapshot }) })

  const generationOf = (result: GenerationResult, link: string, wanted: Schemas = {}): Generation => ({
    output: undefined,
    ...typedResult(result, wanted),
    webUrl: link,
  })

  /** What is thrown before its run is known. */
  const linked = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw withWebUrl(error, (id) => webUrl(id, undefined))
    })

  const active = options.tracing === true ? (await import('./active-trace')).activeTrace : null
  // A caller without types may send no request at all: what it says is checked later.
  const traced = (wanted: OpenRequest): OpenRequest =>
    active === null ? wanted : { ...wanted, trace: wanted?.trace ?? active() }
  const prepared = (wanted: OpenRequest, how?: OpenOptions) =>
    prepareStart(config, tenant, traced(wanted), how)

  const open = (wanted: OpenRequest, how: OpenOptions = {}) => linked(opened(wanted, how))

  const opened = async (wanted: OpenRequest, how: OpenOptions) => {
    const start = prepared(wanted, how)
    const beginAgain = () => begin(start, how)
    const typed: Caller['typed'] = (result, link) => generationOf(result, link, wanted)
    const begun = await beginAgain().catch((error: unknown) => ({ notBegun: error }))
    if ('notBegun' in begun) return inProcess(begun.notBegun, start, typed)
    return begunGeneration(waits, begun, { signal: wanted.signal, typed, beginAgain })
  }

  /** Instead of a start that Temporal has not accepted. Throws `error` where that may not be. */
  const inProcess = (error: unknown, start: PreparedStart, typed: Caller['typed']) => {
    const mode = closing.signal.aborted ? 'fail' : config.whenTemporalDown
    const runner = inProcessRunner(error, { runner: options.inProcess, mode, named: start.named })
    return runInProcess<Generation>(runner, inProcessInput(start, tenant), {
      typed: (result) => typed(result, ''),
      signal: start.signal,
    })
  }

  const find: InternalHoldfast['find'] = async (id, { signal } = {}) => {
    const begun = await linked(attachTo(id, deps))
    return begunGeneration(waits, begun, { signal, typed: generationOf, beginAgain: async () => begun })
  }

  const embedParts: InternalHoldfast['embedParts'] = (wanted) => embed({ config, open }, wanted)

  return {
    open,
    find,
    embedParts,
    embed: async (wanted) => withNumbers(await embedParts(wanted)),
    countTokens: (wanted) => countTokens(open, wanted),
    generate: async (wanted) => (await (await open(wanted)).result()) as never,
    async *stream(wanted) {
      const generation = await open(wanted, { stream: true })
      yield* generation.events({ restarts: wanted.restarts })
    },
    async *attach(id, events) {
      yield* (await find(id, events)).events(events)
    },
    async start(wanted) {
      const { id, runId } = await linked(begin(prepared(wanted)))
      return { id, webUrl: webUrl(id, runId) }
    },
    async result(id) {
      let run: string | undefined
      let known: Pick<Generation, 'metadata'> = {}
      const onRun: Awaited['onRun'] = ({ runId, memo }) => {
        run = runId
        known = metadataIn(memo)
      }
      const waited = runs.on(id, (client) =>
        awaitResult(client, id, { tenant, closing: closing.signal, polls, onRun }),
      )
      const result = await waited.catch((error: unknown) => {
        throw withWebUrl(error, () => webUrl(id, run))
      })
      return { ...generationOf(result, webUrl(id, run)), ...known }
    },
    status: (id) => linked(runs.atOnce(id, (client) => readStatus(client, id, tenant, generationOf, webUrl))),
    request: (id) => linked(runs.atOnce(id, (client) => readRequest(client, id, tenant, payloads))),
    cancel: (id) => linked(hangUps.cancel(id)),
    forget: (id, how = {}) =>
      linked(
        runs.atOnce(id, async (client) => {
          const { forget } = await import('./forget')
          return forget(client, id, how, { config, env, tenant, payloads, delivery })
        }),
      ),
    attempts: (id) =>
      linked(
        runs.atOnce(id, async (client) => {
          await requireTenant(client, id, tenant)
          return readAttempts(client, id)
        }),
      ),
    async close() {
      closing.abort()
      await hangUps.sent()
      ending.abort()
      await own?.close()
      await temporalClients.close()
    },
  }
}

/** However many listen to it: Node would take more than ten for a leak. */
function lastingController(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}
