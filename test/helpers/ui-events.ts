/** What `/ui/events` says: the latest of each part, as the page keeps it. */
import type { Overview } from '../../src/client/overview'
import { parseEvents, type TestGateway } from './gateway'
import { until } from './processes'

export interface UiState extends Partial<Omit<Overview, 'targets' | 'sampled' | 'at' | 'problem'>> {
  viewer?: { operates: boolean; operator: string | null; tenant: string | null }
  status?: { at: number; problem: string | null }
  health?: Pick<Overview, 'targets' | 'sampled'>
  routes?: { name: string; candidates: string[] }[]
}

export interface UiViewer {
  state: UiState
  /** All that came, as text. */
  text(): string
  ended(): boolean
  until(what: string, condition: (state: UiState) => boolean): Promise<UiState>
  leave(): void
}

export async function viewUi({ ask }: TestGateway, key?: string): Promise<UiViewer> {
  const left = new AbortController()
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` }
  const response = await ask('/ui/events', { headers, signal: left.signal })
  if (!response.ok || response.body === null)
    throw new Error(`HTTP ${response.status}: ${await response.text()}`)
  const state: UiState = {}
  let all = ''
  let rest = ''
  let ended = false
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      const text = decoder.decode(chunk, { stream: true })
      all += text
      const at = (rest + text).lastIndexOf('\n\n')
      if (at === -1) rest += text
      else {
        for (const { event, data = '{}' } of parseEvents((rest + text).slice(0, at + 2))) {
          if (event === 'viewer') state.viewer = JSON.parse(data)
          if (event === 'state') Object.assign(state, JSON.parse(data))
        }
        rest = (rest + text).slice(at + 2)
      }
    }
  }
  read()
    .catch(() => undefined)
    .finally(() => {
      ended = true
    })
  return {
    state,
    text: () => all,
    ended: () => ended,
    async until(what, condition) {
      await until(what, () => condition(state), 20_000)
      return state
    },
    leave: () => left.abort(),
  }
}
