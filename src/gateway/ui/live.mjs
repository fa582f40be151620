/**
 * The way to the gateway: server-sent events by fetch, since the key is a header and must stand in no URL.
 *
 * LIVE-1 A connection that ends or says nothing for SILENT_MS is opened again, sooner first and then later.
 * LIVE-2 A key that is refused is not tried again.
 * LIVE-3 A page that nobody sees lets go of its connection.
 */

const SILENT_MS = 20_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 8_000
const HIDDEN_MS = 30_000

const KEY = 'holdfastKey'

export const readKey = () => sessionStorage.getItem(KEY) ?? ''
export function keepKey(key) {
  if (key === '') sessionStorage.removeItem(KEY)
  else sessionStorage.setItem(KEY, key)
}

/** Rejects for a key that no header can hold. */
export function ask(path, init = {}) {
  const key = readKey()
  const authorization = key === '' ? {} : { authorization: `Bearer ${key}` }
  return fetch(path, {
    ...init,
    cache: 'no-store',
    credentials: 'omit',
    headers: { ...init.headers, ...authorization },
  })
}

/** What a refusal says. */
export async function reasonOf(response) {
  const body = await response.json().catch(() => null)
  return body?.error?.message ?? `HTTP ${response.status}`
}

/**
 * `on.link(state, reason)`: `connecting`, `live`, `lost`, `refused` (LIVE-2), `hidden`. `on.event(name, data)`.
 * `restart()`: with the key that is kept now.
 */
export function connect(on) {
  let current = new AbortController()
  let hiding

  async function run(control) {
    let pauseMs = FIRST_PAUSE_MS
    while (!control.signal.aborted) {
      on.link('connecting', '')
      const lost = await once(control, () => {
        pauseMs = FIRST_PAUSE_MS
      })
      if (control.signal.aborted) return
      on.link(lost.refused ? 'refused' : 'lost', lost.reason)
      if (lost.refused) return
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random() / 2)))
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
    }
  }

  async function once(control, onOpen) {
    const silent = new AbortController()
    let timer
    const received = () => {
      clearTimeout(timer)
      timer = setTimeout(() => silent.abort(), SILENT_MS)
    }
    try {
      received()
      const signal = AbortSignal.any([control.signal, silent.signal])
      const response = await ask('/ui/events', { signal })
      if (!response.ok) return { refused: response.status === 401, reason: await reasonOf(response) }
      on.link('live', '')
      onOpen()
      await read(response.body, received)
      return { refused: false, reason: 'the gateway ended the connection' }
    } catch {
      return {
        refused: false,
        reason: silent.signal.aborted ? 'the gateway says nothing' : 'the gateway does not answer',
      }
    } finally {
      clearTimeout(timer)
      silent.abort()
    }
  }

  async function read(body, received) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      received()
      const blocks = (rest + value).split('\n\n')
      rest = blocks.pop()
      for (const block of blocks) event(block)
    }
  }

  function event(block) {
    const fields = Object.fromEntries(
      block
        .split('\n')
        .map((one) => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1).trimStart()]),
    )
    if (fields.event !== undefined) on.event(fields.event, JSON.parse(fields.data))
  }

  function restart() {
    current.abort()
    current = new AbortController()
    run(current)
  }

  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiding)
    if (document.hidden)
      hiding = setTimeout(() => {
        current.abort()
        on.link('hidden', '')
      }, HIDDEN_MS)
    else if (current.signal.aborted) restart()
  })
  restart()
  return { restart }
}
