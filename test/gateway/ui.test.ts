/** `/ui` over HTTP: who sees what, what nobody sees, and how it ends. */
import { createInternalHoldfast, type InternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import type { Story } from '../../src/history/run-story'
import { type ErrorBody, gatewayOver, jsonOf, type TestGateway, testGateway } from '../helpers/gateway'
import { type Stack, startStack } from '../helpers/stack'
import { type UiViewer, viewUi } from '../helpers/ui-events'

const MARKUP = '<img src=x onerror=alert(1)>'
/** No model has blanks in its name. */
const MODEL = 'alpha/<img/src=x/onerror=alert(1)>'
const PROMPT = 'PLANTED-PROMPT'
const ANSWER = 'PLANTED-ANSWER'
const WORDS = 'PLANTED-WORDS of a provider that quotes its caller'

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
models:
  '${MODEL}': { inputPerMillion: 3, outputPerMillion: 15 }
  beta/model-b: { inputPerMillion: 3, outputPerMillion: 15 }
routes:
  default:
    candidates: ['${MODEL}', beta/model-b]
    retry: { maximumAttempts: 1 }
  broken: { candidates: ['${MODEL}'], retry: { maximumAttempts: 1 }, circuit: false }
`

const as = (key: string) => ({ authorization: `Bearer ${key}` })

describe('with keys', () => {
  let stack: Stack
  let gateway: TestGateway
  let acme: InternalHoldfast
  let markup: InternalHoldfast
  const ids = { acme: '', markup: '', failed: '' }
  const viewers: UiViewer[] = []
  const view = async (key: string): Promise<UiViewer> => {
    const viewer = await viewUi(gateway, key)
    viewers.push(viewer)
    return viewer
  }

  beforeAll(async () => {
    stack = await startStack({ config })
    const { simulator, client, taskQueue } = stack
    gateway = await gatewayOver(stack, config, {
      apiKeys: `acme:k-acme,${MARKUP}:k-markup`,
      operateKeys: 'ada:k-ada',
      corsOrigins: ['*'],
      limits: { viewers: 4 },
    })
    const clientOf = (tenant: string) =>
      createInternalHoldfast({
        config: parseConfig(config(simulator.url)),
        env: {},
        connection: client.connection,
        namespace: client.options.namespace,
        taskQueue,
        tenant,
      })
    acme = await clientOf('acme')
    markup = await clientOf(MARKUP)
    simulator.script('alpha', [{ status: 400, message: WORDS }])
    simulator.script('beta', [{ answer: ANSWER }])
    const failed = await acme.start({ route: 'broken', prompt: PROMPT })
    ids.failed = failed.id
    await acme.result(failed.id).catch(() => undefined)
    simulator.script('alpha', [{ status: 503, message: WORDS }])
    ids.acme = (await acme.generate({ prompt: PROMPT })).id
    ids.markup = (await markup.generate({ prompt: PROMPT })).id
  }, 60_000)
  afterEach(() => {
    for (const viewer of viewers.splice(0)) viewer.leave()
  })
  afterAll(async () => {
    await gateway.close()
    await Promise.all([acme.close(), markup.close()])
    await stack.close()
  })

  it('the page and its files need none and hold nothing; scripts and styles come from the gateway alone', async () => {
    const page = await gateway.ask('/ui')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/)
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/)
    const html = await page.text()
    expect(html).not.toMatch(/ style=| on[a-z]+=|<style|https?:/)
    const linked = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url)
    expect(linked).toEqual(['/ui/page.css', '/ui/page.mjs'])
    const script = await gateway.ask('/ui/page.mjs')
    const imported = [...(await script.text()).matchAll(/from '\.(\/\w+\.mjs)'/g)].map(
      ([, file]) => `/ui${file}`,
    )
    expect(imported.length).toBeGreaterThan(3)
    for (const url of [...linked, ...imported]) {
      const file = await gateway.ask(url)
      expect([url, file.status, file.headers.get('content-type')]).toEqual([
        url,
        200,
        expect.stringMatching(/^text\/(css|javascript); charset=utf-8$/),
      ])
      expect(await file.text()).not.toMatch(
        /innerHTML|insertAdjacentHTML|document\.write|localStorage|\beval\b/,
      )
    }
    expect((await gateway.ask('/ui/index.ts')).status).toBe(404)
    expect((await gateway.ask('/ui/..%2fserver.ts')).status).toBe(404)
  })

  it('what the page shows needs a key in a header: neither a wrong one nor one in the URL will do', async () => {
    for (const path of ['/ui/events', `/ui/generations/${ids.acme}`, '/v1/circuits'])
      for (const [query, headers] of [
        ['', {}],
        ['', as('k-acm')],
        ['?key=k-ada&access_token=k-ada', {}],
      ] as const) {
        const response = await gateway.ask(`${path}${query}`, { headers })
        expect([path, response.status]).toEqual([path, 401])
        expect((await jsonOf<ErrorBody>(response)).error.code).toBe('invalid_api_key')
      }
  })

  it('a key to operate with sees all tenants, with calls, latency and cost', async () => {
    const viewer = await view('k-ada')
    const { state } = viewer
    await viewer.until('all three', ({ generations, health, costs }) => {
      return generations?.length === 3 && health?.sampled === 3 && costs?.generations === 3
    })
    expect(state.viewer).toMatchObject({ operates: true, operator: 'ada' })
    expect(state.routes?.[0]).toMatchObject({
      name: 'default',
      candidates: [MODEL, 'beta/model-b'],
    })
    expect(new Set(state.generations?.map(({ id }) => id))).toEqual(new Set(Object.values(ids)))
    expect(state.generations?.map(({ outcome }) => outcome).sort()).toEqual([
      'answered',
      'answered',
      'invalid_request',
    ])
    const [alpha, beta] = state.health?.targets ?? []
    expect(alpha).toMatchObject({ target: MODEL, calls: 3, failed: 3, p50Ms: null })
    expect(beta).toMatchObject({ target: 'beta/model-b', calls: 2, failed: 0, p50Ms: expect.any(Number) })
    expect(state.costs?.tenants.map(({ name }) => name).sort()).toEqual([MARKUP, 'acme'])
    expect(state.costs?.routes.find(({ name }) => name === 'default')?.costUsd).toBeGreaterThan(0)
    expect(state.counts).toMatchObject({ running: 0, ended: 3, answered: 2 })
    expect(state.status?.problem).toBeNull()
    expect(state.circuits?.map(({ provider }) => provider)).toEqual(['alpha', 'beta'])
  })

  it("a tenant's key sees its own alone, whatever its name is", async () => {
    const [own, other] = [await view('k-acme'), await view('k-markup')]
    await own.until(
      'its two',
      ({ generations, health }) => generations?.length === 2 && health?.sampled === 2,
    )
    await other.until(
      'its one',
      ({ generations, health }) => generations?.length === 1 && health?.sampled === 1,
    )
    expect(own.state.viewer).toMatchObject({ operates: false, tenant: 'acme' })
    expect(own.text()).not.toContain(ids.markup)
    expect(own.state.costs?.tenants.map(({ name }) => name)).toEqual(['acme'])
    expect(other.state.generations?.[0]?.id).toBe(ids.markup)
    expect(other.text()).not.toContain('acme')
    const story = (id: string, key: string) => gateway.ask(`/ui/generations/${id}`, { headers: as(key) })
    expect((await story(ids.acme, 'k-acme')).status).toBe(200)
    expect((await story(ids.acme, 'k-ada')).status).toBe(200)
    const foreign = await story(ids.acme, 'k-markup')
    const none = await story('gen-none', 'k-markup')
    expect([foreign.status, none.status]).toEqual([404, 404])
    const said = (await jsonOf<ErrorBody>(foreign)).error.message.replace(ids.acme, 'gen-none')
    expect(said).toBe((await jsonOf<ErrorBody>(none)).error.message)
  })

  it('neither a prompt nor an answer nor the words of a provider are in anything that it shows', async () => {
    const viewer = await view('k-ada')
    await viewer.until('all three', ({ health }) => health?.sampled === 3)
    let text = viewer.text()
    for (const id of Object.values(ids))
      text += await (await gateway.ask(`/ui/generations/${id}`, { headers: as('k-ada') })).text()
    expect(text).toContain('503 overloaded')
    expect(text).not.toContain('PLANTED')
  })

  it('a story has the rows of holdfast explain', async () => {
    const response = await gateway.ask(`/ui/generations/${ids.acme}`, { headers: as('k-acme') })
    const story = await jsonOf<Story & { running: boolean; webUrl: string }>(response)
    expect(story).toMatchObject({ id: ids.acme, tone: 'good', running: false })
    expect(story.webUrl).toContain(ids.acme)
    expect(story.rows.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
      'start route default',
      'plan plan',
      `attempt ${MODEL}`,
      'attempt beta/model-b',
      'end end',
    ])
  })

  it('more viewers than the limit are refused, and a place is free again when one has gone', async () => {
    const four = await Promise.all(['k-ada', 'k-ada', 'k-acme', 'k-acme'].map(view))
    const refused = await gateway.ask('/ui/events', { headers: as('k-ada') })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('5')
    four[0]?.leave()
    const until = Date.now() + 5_000
    let status = 429
    while (status === 429 && Date.now() < until) {
      const left = new AbortController()
      status = (await gateway.ask('/ui/events', { headers: as('k-ada'), signal: left.signal })).status
      left.abort()
    }
    expect(status).toBe(200)
  })

  it('no page of another origin may change a circuit, though it may read answers', async () => {
    const preflight = await gateway.ask('/v1/circuits/alpha', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://evil.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization, content-type',
      },
    })
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, POST, DELETE')
  })
})

describe('without keys', () => {
  let gateway: TestGateway
  afterEach(() => gateway.close())

  it('a gateway on loopback lets everybody operate, under names of loopback alone', async () => {
    gateway = await testGateway()
    const viewer = await viewUi(gateway)
    await viewer.until('the viewer', (state) => state.viewer !== undefined)
    viewer.leave()
    expect(viewer.state.viewer).toMatchObject({ operates: true, operator: null, tenant: null })
    const { port } = new URL(gateway.url)
    const { request } = await import('node:http')
    for (const path of ['/ui', '/ui/events']) {
      const status = await new Promise((resolve) => {
        const sent = request({ port, path, headers: { host: 'rebound.example' } }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
        sent.end()
      })
      expect([path, status]).toEqual([path, 403])
    }
  })

  it('one that listens for others lets nobody operate without a key to operate with', async () => {
    gateway = await testGateway({ host: '0.0.0.0', operateKeys: 'ada:k-ada' })
    const shown = async (key?: string) => {
      const viewer = await viewUi(gateway, key)
      await viewer.until('the viewer', (state) => state.viewer !== undefined)
      viewer.leave()
      return viewer.state.viewer?.operates
    }
    expect([await shown(), await shown('k-ad'), await shown('k-ada')]).toEqual([false, false, true])
    const refused = await gateway.ask('/v1/circuits/alpha', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"to":"open"}',
    })
    expect(refused.status).toBe(403)
  })

  it('that Temporal is away is said, and the connection stays', async () => {
    gateway = await testGateway()
    const viewer = await viewUi(gateway)
    const { status } = await viewer.until(
      'two readings',
      (state) => state.status?.problem === 'this test has no cluster',
    )
    await viewer.until('one more', (state) => state.status?.at !== status?.at)
    expect(viewer.ended()).toBe(false)
    expect(viewer.state.routes).toHaveLength(1)
    viewer.leave()
  })

  it('a drain ends them at once, and lets nobody in', async () => {
    gateway = await testGateway()
    const viewer = await viewUi(gateway)
    await viewer.until('the viewer', (state) => state.viewer !== undefined)
    const startedAt = performance.now()
    await gateway.drain(20_000)
    await viewer.until('its end', () => viewer.ended())
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })
})
