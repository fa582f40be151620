/** The circuits of one provider as a Markdown table, for the Web UI. Content-free. */
import type { Circuit } from './circuit'
import type { ProviderCircuits } from './provider-circuits'

/** What a circuit is, in one word, and till when. `until` in epoch milliseconds; null: no end is known. */
export interface CircuitState {
  state: 'closed' | 'watched' | 'open' | 'half_open' | 'held' | 'forced_open' | 'forced_closed'
  since: number | null
  until: number | null
  why: string | null
}

/** `now` in epoch milliseconds. An operator's word goes over a hold, a hold over the rest. */
export function stateOf({ phase, hold, forced }: Circuit, now: number): CircuitState {
  const since = phase.since > 0 ? phase.since : null
  if (forced !== null)
    return { state: `forced_${forced}`, since: null, until: null, why: 'an operator forced it' }
  if (hold !== null && now < hold.until)
    return { state: 'held', since: null, until: hold.until, why: hold.reason }
  switch (phase.name) {
    case 'closed':
      return phase.tally === null
        ? { state: 'closed', since, until: null, why: null }
        : { state: 'watched', since: phase.tally.since, until: null, why: null }
    case 'open':
      return { state: 'open', since, until: phase.until, why: null }
    case 'half_open':
      return { state: 'half_open', since, until: phase.permit?.until ?? null, why: 'one call probes it' }
  }
}

export function circuitsTable(provider: string, { account, models }: ProviderCircuits): string {
  const named: [string, Circuit][] = [
    [`${provider} (account)`, account],
    ...Object.entries(models).map(([model, circuit]): [string, Circuit] => [`${provider}/${model}`, circuit]),
  ]
  const rows = named.map(([name, circuit]) => {
    // No clock: the Web UI shows this text as it was written, a hold is told with its end.
    const { state, since, until, why } = stateOf(circuit, 0)
    const { recent } = circuit
    const failures =
      recent === null ? '' : `${recent.failures}, last ${recent.class ?? ''} at ${iso(recent.at)}`
    return `| ${name.replace(/[\\|]/g, '\\$&')} | ${state}${why === null ? '' : ` (${why})`} | ${iso(since)} | ${iso(until)} | ${failures} |`
  })
  return ['| circuit | state | since | until | failures |', '|---|---|---|---|---|', ...rows].join('\n')
}

const iso = (at: number | null): string => (at === null ? '' : new Date(at).toISOString())
