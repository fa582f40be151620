/** What operators read of a circuit: its state in one word with its reason, a table for the Web UI, changes for the log. Content-free. */
import type { Circuit } from './circuit'
import { circuitOf, type ProviderCircuits } from './provider-circuits'

/** What a circuit is, in one word, and till when. `until` in epoch milliseconds; null: no end is known. */
export interface CircuitState {
  state: 'closed' | 'watched' | 'open' | 'half_open' | 'held' | 'forced_open' | 'forced_closed'
  since: number | null
  until: number | null
  why: string | null
}

/** `now` in epoch milliseconds. An operator's word goes over a hold, a hold over the rest. */
export function stateOf({ phase, hold, forced, forcedAt }: Circuit, now: number): CircuitState {
  const since = phase.since > 0 ? phase.since : null
  if (forced !== null)
    return { state: `forced_${forced}`, since: forcedAt ?? null, until: null, why: 'an operator forced it' }
  if (hold !== null && now < hold.until)
    return { state: 'held', since: hold.since ?? null, until: hold.until, why: hold.reason }
  switch (phase.name) {
    case 'closed':
      return phase.tally === null
        ? { state: 'closed', since, until: null, why: null }
        : { state: 'watched', since: phase.tally.since, until: null, why: null }
    case 'open':
      return { state: 'open', since, until: phase.until, why: hold?.probe === true ? hold.reason : null }
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
    // No clock: the Web UI shows this text as it was written, a hold is shown with its end.
    const { state, since, until, why } = stateOf(circuit, 0)
    const { recent } = circuit
    const failures =
      recent === null ? '' : `${recent.failures}, last ${recent.class ?? ''} at ${iso(recent.at)}`
    return `| ${name.replace(/[\\|]/g, '\\$&')} | ${state}${why === null ? '' : ` (${why})`} | ${iso(since)} | ${iso(until)} | ${failures} |`
  })
  return ['| circuit | state | since | until | failures |', '|---|---|---|---|---|', ...rows].join('\n')
}

const iso = (at: number | null): string => (at === null ? '' : new Date(at).toISOString())

interface CircuitChange {
  /** `provider/model`, or the provider's name for its account. */
  target: string
  from: CircuitState['state']
  to: CircuitState['state']
  until: number | null
}

/**
 * The changes that an operator wants to be logged; that workers watch a circuit, or that one probes it, is none of
 * them.
 */
const WORTH_TELLING: ReadonlySet<CircuitState['state']> = new Set([
  'closed',
  'open',
  'held',
  'forced_open',
  'forced_closed',
])

/** The circuits that became something else between two states of a provider. `now` in epoch milliseconds. */
export function changesOf(
  provider: string,
  before: ProviderCircuits,
  after: ProviderCircuits,
  now: number,
): CircuitChange[] {
  return [null, ...Object.keys(after.models)].flatMap((scope): CircuitChange[] => {
    const was = circuitOf(before, scope)
    const is = circuitOf(after, scope)
    if (is.version === was.version) return []
    const { state: from } = stateOf(was, now)
    const { state: to, until } = stateOf(is, now)
    return from === to || !WORTH_TELLING.has(to)
      ? []
      : [{ target: scope === null ? provider : `${provider}/${scope}`, from, to, until }]
  })
}
