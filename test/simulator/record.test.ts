/** What the simulator remembers, and how it is steered, from inside and over HTTP. */
import { keyHash, type Simulator, startSimulator } from '../../src/simulator'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startSimulator({ keys: { locked: ['good-key', 'other-key'] } })
})
afterEach(() => simulator.close())

const post = (target: string, options: RequestInit & { stream?: boolean } = {}) => {
  const [provider = '', ...model] = target.split('/')
  const { stream = false, ...init } = options
  const body = JSON.stringify({ model: model.join('/'), stream, messages: [{ role: 'user', content: 'Hi' }] })
  return fetch(`${simulator.baseUrl(provider)}/chat/completions`, { method: 'POST', body, ...init })
}
const control = (method: string, path: string, body?: unknown) =>
  fetch(`${simulator.url}/_simulator${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

describe('records', () => {
  it('each call stands there with its target, its times, its step and its body', async () => {
    simulator.script('alpha', [{}, { status: 503 }])
    const before = Date.now()
    await (await post('alpha/meta-llama/Llama-3.3-70B')).text()
    await (await post('alpha/meta-llama/Llama-3.3-70B')).text()
    const [first, second] = simulator.calls()
    expect(first).toMatchObject({
      index: 0,
      provider: 'alpha',
      model: 'meta-llama/Llama-3.3-70B',
      path: '/alpha/v1/chat/completions',
      api: 'openai-chat',
      stream: false,
      outcome: 'answered',
      status: 200,
      script: 'alpha',
      step: 0,
      body: { messages: [{ role: 'user', content: 'Hi' }] },
      authorization: null,
      keyHash: null,
    })
    expect(second).toMatchObject({ index: 1, outcome: 'faulted', status: 503, step: 1 })
    for (const call of [first, second]) {
      expect(call?.receivedAt).toBeGreaterThanOrEqual(before)
      expect(call?.finishedAt).toBeGreaterThanOrEqual(call?.headersSentAt ?? Number.NaN)
    }
  })

  it('a caller that hangs up in the middle of a stream is recorded as such', async () => {
    simulator.script('alpha', [{ words: 200, tokenLatency: '5ms' }])
    const abort = new AbortController()
    const response = await post('alpha/m', { stream: true, signal: abort.signal })
    const reader = response.body?.getReader()
    await reader?.read()
    expect(simulator.calls()[0]?.outcome).toBe('in_flight')
    abort.abort()
    const [call] = await simulator.waitForCalls(1, { outcome: 'client_aborted' })
    expect(call?.abortedAt).toBeGreaterThanOrEqual(call?.headersSentAt ?? Number.NaN)
    expect(call?.finishedAt).toBeUndefined()
    await reader?.closed.catch(() => undefined)
  })

  it('a caller that hangs up while the headers are held back is recorded at once', async () => {
    simulator.script('alpha', [{ latency: '1h' }])
    const abort = new AbortController()
    const posted = post('alpha/m', { signal: abort.signal })
    await simulator.waitForCalls(1)
    abort.abort()
    await expect(posted).rejects.toThrow('aborted')
    const [call] = await simulator.waitForCalls(1, { outcome: 'client_aborted' })
    expect((call?.abortedAt ?? 0) - (call?.receivedAt ?? 0)).toBeLessThan(5_000)
  })

  it('keys are distinguished by scheme and hash, and never kept', async () => {
    await post('alpha/m', { headers: { authorization: 'Bearer secret-number-one' } })
    await post('alpha/m', { headers: { 'api-key': 'secret-number-two', 'idempotency-key': 'visible' } })
    const calls = simulator.calls()
    expect(calls.map(({ authorization, keyHash }) => ({ authorization, keyHash }))).toEqual([
      { authorization: 'bearer', keyHash: keyHash('secret-number-one') },
      { authorization: 'api-key', keyHash: keyHash('secret-number-two') },
    ])
    expect(calls[1]?.headers['idempotency-key']).toBe('visible')
    expect(JSON.stringify(calls)).not.toContain('secret-number')
  })

  it('a provider with keys refuses all others with a 401', async () => {
    const statuses = await Promise.all(
      ['Bearer good-key', 'Bearer other-key', 'Bearer bad-key', ''].map(
        async (authorization) => (await post('locked/m', { headers: { authorization } })).status,
      ),
    )
    expect(statuses).toEqual([200, 200, 401, 401])
  })

  it('a refused request uses up no step', async () => {
    simulator.script('locked', [{ answer: 'first' }, { answer: 'second' }])
    await (await post('locked/m')).text()
    const answer = await post('locked/m', { headers: { authorization: 'Bearer good-key' } })
    expect(await answer.text()).toContain('first')
  })

  it('waitForCalls says what came instead when its time is up', async () => {
    await (await post('alpha/m')).text()
    await expect(simulator.waitForCalls(2, { provider: 'beta' }, 30)).rejects.toThrow(
      'waited for 2 call(s) with {"provider":"beta"}, got 0 in 30 ms; received: #0 alpha/m answered',
    )
  })

  it('reset forgets calls and scripts', async () => {
    simulator.script('alpha', [{ status: 500 }])
    await (await post('alpha/m')).text()
    simulator.reset()
    expect(simulator.calls()).toEqual([])
    expect((await post('alpha/m')).status).toBe(200)
    expect(simulator.calls()[0]?.index).toBe(0)
  })

  it('reset begins the script anew that it was started with, and forgets those that came later', async () => {
    await using scripted = await startSimulator({ script: { alpha: ['503', 'answer one'] } })
    const statusOf = async (target: string): Promise<number> => {
      const [provider, model] = target.split('/')
      const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] })
      const url = `${scripted.baseUrl(provider ?? '')}/chat/completions`
      return (await fetch(url, { method: 'POST', body })).status
    }
    scripted.script('beta', [{ status: 500 }])
    expect([await statusOf('alpha/m'), await statusOf('alpha/m')]).toEqual([503, 200])
    scripted.reset()
    expect([await statusOf('alpha/m'), await statusOf('beta/m')]).toEqual([503, 200])
  })

  it('close ends sockets that are still waiting, at once', async () => {
    simulator.script('alpha', [{ fault: 'silent' }])
    const posted = post('alpha/m').catch((error: Error) => error.message)
    await simulator.waitForCalls(1)
    await simulator.close()
    expect(await posted).toBe('fetch failed')
  })
})

describe('control over HTTP', () => {
  it('sets scripts, lists calls by filter, resets, and answers health checks', async () => {
    expect(await (await control('GET', '/healthz')).json()).toEqual({ ok: true })
    const put = await control('PUT', '/script', {
      alpha: [{ status: 500 }],
      'beta/m': [{ answer: 'from beta' }],
    })
    expect(put.status).toBe(200)
    expect((await post('alpha/m')).status).toBe(500)
    expect(await (await post('beta/m')).text()).toContain('from beta')
    const { calls } = (await (await control('GET', '/calls?target=beta/m')).json()) as { calls: unknown[] }
    expect(calls).toEqual([expect.objectContaining({ provider: 'beta', model: 'm', status: 200 })])
    await control('POST', '/reset')
    expect(simulator.calls()).toEqual([])
  })

  it('refuses a wrong script with the reason, and keeps the old one', async () => {
    await control('PUT', '/script', { alpha: [{ status: 500 }] })
    const refused = await control('PUT', '/script', { alpha: [{ sttus: 500 }] })
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('did you mean')
    expect((await post('alpha/m')).status).toBe(500)
  })

  it('names its routes where one is not known', async () => {
    const answer = await control('GET', '/nothing')
    expect(answer.status).toBe(404)
    expect(await answer.text()).toContain('GET /calls')
    const other = await fetch(`${simulator.url}/alpha/v1/images`, { method: 'POST' })
    expect(other.status).toBe(404)
    expect(await other.text()).toContain('/chat/completions')
  })
})

it('a taken port is said to be taken', async () => {
  await expect(startSimulator({ port: simulator.port })).rejects.toThrow('is taken')
})
