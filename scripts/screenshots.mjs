// npm run screenshots: docs/images anew, from real runs on a real server: what the Web UI and the gateway's page show of each.
// `npm run screenshots -- ui ui-dark`: these alone.
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
  helpful: [
    { answer: 'Gladly.', latency: '120ms', times: 5 },
    { answer: 'Of course.', latency: '420ms', times: 4 },
    { status: 529, times: 1 },
    { answer: 'Here it is.', latency: '240ms', times: 6 },
    { status: 529, times: 2 },
    { answer: 'Yes.', latency: '180ms' },
  ],
}

const config = (url) => `
providers:
  openai: { api: openai-chat, baseUrl: ${url}/openai/v1, auth: none }
  anthropic: { api: anthropic-messages, baseUrl: ${url}/anthropic/v1, auth: none }
  slow: { api: openai-chat, baseUrl: ${url}/slow/v1, auth: none }
  limited: { api: openai-chat, baseUrl: ${url}/limited/v1, auth: none }
  spent: { api: openai-chat, baseUrl: ${url}/spent/v1, auth: none }
  down: { api: openai-chat, baseUrl: ${url}/down/v1, auth: none }
  helpful: { api: openai-chat, baseUrl: ${url}/helpful/v1, auth: none }
models:
  anthropic/claude-sonnet-5-5: { inputPerMillion: 3, outputPerMillion: 15 }
  helpful/gpt-6.1-sol: { inputPerMillion: 2, outputPerMillion: 8 }
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
  support: { candidates: [helpful/gpt-6.1-sol, anthropic/claude-sonnet-5-5], retry: { maximumAttempts: 2, initialInterval: 100ms } }
`

/** Of the gateway's page. `opens`: which generation is shown with its attempts. */
const LOOKS = [
  { name: 'ui', width: 1280, height: 1_150 },
  { name: 'ui-dark', width: 1280, height: 900, dark: true, opens: 'quick' },
  { name: 'ui-phone', width: 375, height: 900 },
]

/** So long that the plots of the last minutes have more than one moment. */
const TRAFFIC_MS = 95_000
const PAUSE_MS = 2_500

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
    const wanted = process.argv.slice(2)
    const keep = (name, shoot) =>
      wanted.length === 0 || wanted.includes(name)
        ? step(`docs/images/${name}.png`, async () =>
            writeFileSync(path.join(IMAGES, `${name}.png`), await shoot()),
          )
        : undefined
    for (const { name, url, ...how } of pagesOf(runs, embedded.server.uiUrl, await circuitRun(embedded)))
      await keep(name, () => browser.shoot(url, how))
    const gateway = await startPage(load, embedded)
    try {
      await step('Traffic of two tenants, for a minute and a half', () => makeTraffic(embedded))
      for (const { name, ...how } of LOOKS) await keep(name, () => look(browser, `${gateway.url}/ui`, how))
    } finally {
      await gateway.close()
    }
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

function startPage(load, { config, clientFor, host, temporal, server }) {
  const { clusterOver, readApiKeys, startGateway } = load('./gateway')
  const { createLogger } = load('./telemetry')
  const env = { HOLDFAST_UI_URL: server.uiUrl }
  return startGateway({
    port: 0,
    config,
    clientFor,
    ready: async () => ({ ok: true, temporal: true, worker: true }),
    cluster: clusterOver(temporal, host.connection, host.worker.taskQueue, env),
    keys: readApiKeys({}),
    logger: createLogger({ level: 'silent' }),
    version: 'screenshots',
  })
}

async function makeTraffic({ clientFor }) {
  const clients = await Promise.all(['acme', 'globex'].map(clientFor))
  const until = Date.now() + TRAFFIC_MS
  for (let count = 0; Date.now() < until; count += 1) {
    const client = clients[count % 3 === 0 ? 1 : 0]
    await client.generate({ route: 'support', prompt: `Question ${count}` })
    if (count % 9 === 8) await client.generate({ route: 'quick', prompt: `Quick question ${count}` })
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  await Promise.all(clients.map((client) => client.close()))
}

async function look(browser, url, { opens, ...how }) {
  await browser.visit(url, how)
  for (const text of ['Live', 'p95', 'By tenant']) await browser.shows(text)
  if (opens !== undefined) {
    const row = `[...document.querySelectorAll('.generation')].find((one) => one.querySelector('.route').textContent === '${opens}')`
    await browser.evaluate(`${row}.querySelector('button').click()`)
    await browser.shows('cancelled, since another one has answered')
    await browser.evaluate(`scrollTo(0, ${row}.offsetTop - 150)`)
  }
  return browser.picture()
}
