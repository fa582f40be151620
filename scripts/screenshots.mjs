// npm run screenshots: docs/images anew, from real runs on a real server: what the Web UI shows of each.
// The browser is found by CHROMIUM, or on the PATH.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { build } from './build.mjs'
import { findChromium, openBrowser } from './lib/browser.mjs'
import { ensureInstalled, top } from './lib/install.mjs'
import { fail, main, say, step } from './lib/say.mjs'

const IMAGES = path.join(top, 'docs', 'images')

/** What each provider does, call by call. */
const SCRIPT = {
  openai: [{ status: 529 }, { status: 429, retryAfter: '1' }, { status: 529 }],
  anthropic: [{ answer: 'Because every step that is done stands in a log.', latency: '250ms' }],
  slow: [{ answer: 'Too late.', latency: '3s' }],
  limited: [{ status: 429, retryAfter: '600', message: 'Rate limit reached for gpt-6.1-sol' }],
  spent: [{ status: 429, retryAfter: '3600', message: 'Hourly budget used up' }],
  down: [{ status: 503, message: 'The engine is overloaded' }],
}

const config = (url) => `
providers:
  openai: { api: openai-chat, baseUrl: ${url}/openai/v1, auth: none }
  anthropic: { api: anthropic-messages, baseUrl: ${url}/anthropic/v1, auth: none }
  slow: { api: openai-chat, baseUrl: ${url}/slow/v1, auth: none }
  limited: { api: openai-chat, baseUrl: ${url}/limited/v1, auth: none }
  spent: { api: openai-chat, baseUrl: ${url}/spent/v1, auth: none }
  down: { api: openai-chat, baseUrl: ${url}/down/v1, auth: none }
models:
  anthropic/claude-sonnet-5-5: { inputPerMillion: 3, outputPerMillion: 15 }
cache: { store: memory }
routes:
  chat:
    candidates: [openai/gpt-6.1-sol, anthropic/claude-sonnet-5-5]
    retry: { maximumAttempts: 3, initialInterval: 200ms }
  quick:
    candidates: [slow/llama-4, anthropic/claude-sonnet-5-5]
    strategy: { hedge: { after: 800ms, budget: 100% } }
  report: { candidates: [limited/gpt-6.1-sol, spent/llama-4], circuit: false, passes: 20, deadline: 24h }
  strict: { candidates: [down/llama-4], circuit: { consecutive: 3, openFor: 10m, maxOpenFor: 10m } }
  cached: { candidates: [anthropic/claude-sonnet-5-5], cache: { ttl: 1h } }
`

await main(async () => {
  try {
    findChromium()
  } catch (error) {
    throw fail(error.message)
  }
  await ensureInstalled()
  await build()
  const load = createRequire(path.join(top, 'dist', 'src', 'index.js'))
  const { startSimulator } = load('./simulator')
  const { parseConfig } = load('./config')
  const { createLogger } = load('./telemetry')
  const { startEmbedded } = load('./worker/embedded')
  const simulator = await startSimulator({ script: SCRIPT })
  const embedded = await step('Temporal and a worker', () =>
    startEmbedded({
      config: parseConfig(config(simulator.url), 'screenshots'),
      env: { ...process.env, HOLDFAST_VERSIONING: 'off' },
      logger: createLogger({ level: 'silent' }),
      server: {},
    }),
  )
  const browser = await openBrowser()
  try {
    const runs = await step('Runs', () => makeRuns(embedded.holdfast))
    mkdirSync(IMAGES, { recursive: true })
    for (const { name, url, ...how } of pagesOf(runs, embedded.server.uiUrl, await circuitRun(embedded)))
      await step(`docs/images/${name}.png`, async () =>
        writeFileSync(path.join(IMAGES, `${name}.png`), await browser.shoot(url, how)),
      )
    say('Look at them before you commit them.')
  } finally {
    await browser.close()
    await embedded.close()
    await simulator.close()
  }
})

/** Ends in the order in which a reader of the list sees them. */
async function makeRuns(holdfast) {
  const ended = async (request) => {
    const { id, webUrl } = await holdfast.start(request)
    await holdfast.result(id).catch(() => undefined)
    return webUrl
  }
  const failedOver = await ended({ route: 'chat', prompt: 'Why do durable workflows survive a crash?' })
  const hedged = await ended({ route: 'quick', prompt: 'The same, in one sentence' })
  await ended({ route: 'cached', prompt: 'The same again' })
  const cached = await ended({ route: 'cached', prompt: 'The same again' })
  const failed = await ended({ route: 'strict', prompt: 'Is anybody there?' })
  await ended({ route: 'strict', prompt: 'And now?' })
  const { webUrl: waiting } = await holdfast.start({ route: 'report', prompt: 'The annual report' })
  return { failedOver, hedged, cached, failed, waiting }
}

async function circuitRun({ host, temporal }) {
  const { Client } = createRequire(path.join(top, 'package.json'))('@temporalio/client')
  const client = new Client({ connection: host.connection, namespace: temporal.namespace })
  const { workflowId, runId } = await client.workflow.getHandle('circuit-down').describe()
  return `${workflowId}/${runId}`
}

/** `shows`: what must be there before the picture is taken. */
function pagesOf({ failedOver, hedged, cached, failed, waiting }, uiUrl, circuit) {
  const workflows = `${uiUrl}/namespaces/default/workflows`
  const query = encodeURIComponent("HoldfastOutcome = 'answered' AND HoldfastFailures = 'rate_limited'")
  const timelineOf = (url) => url.replace(/user-metadata$/, 'timeline')
  return [
    { name: 'failed-over', url: failedOver, shows: 'Answered', height: 880 },
    { name: 'hedged', url: hedged, shows: 'hung up', height: 780 },
    { name: 'cached', url: cached, shows: 'Answered from the cache', height: 700 },
    { name: 'failed', url: failed, shows: 'all_failed', height: 780 },
    { name: 'waiting', url: waiting, shows: 'Waiting until', height: 880 },
    { name: 'timers', url: timelineOf(hedged), shows: 'unless one answers', height: 1_060 },
    { name: 'circuit', url: `${workflows}/${circuit}/user-metadata`, shows: 'down (account)', height: 700 },
    { name: 'list', url: `${workflows}?query=${query}`, shows: 'generation', height: 500 },
  ]
}
