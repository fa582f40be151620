/** What operators read of a circuit: its state in one word with its reason, a table for the Web UI, changes for the log. Content-free. */
import { instant } from '../text/durations'
import { markdownTable } from '../text/markdown'
import { type Circuit, forcedNow } from './circuit'
import { circuitOf, type ProviderCircuits } from './provider-circuits'

/** What a circuit is, in one word, and till when. `until` in epoch milliseconds; null: no end is known. */
export interface CircuitState {
  state: 'closed' | 'watched' | 'open' | 'half_open' | 'held' | 'forced_open' | 'forced_closed'
  since: number | null
  until: number | null
  why: string | null
}

/** `now` in epoch milliseconds. An operator's word goes over a hold, a hold over the rest. */
export function stateOf({ phase, hold, ...by }: Circuit, now: number): CircuitState {
  const since = phase.since > 0 ? phase.since : null
  const forced = forcedNow(by, now)
  if (forced !== null) {
    const { forcedAt: at = null, forcedUntil: until = null, forcedBy } = by
    const why = forcedBy === undefined ? 'an operator forced it' : `a drill forced it (${forcedBy})`
    return { state: `forced_${forced}`, since: at, until, why }
  }
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

/**
 * Phase and hold are two things: one may be open and held. `now` in epoch milliseconds: a hold that has run out is shown
 * no longer. The Web UI shows the text as it was written, so all ends stand there as instants.
 */
export function circuitsTable(provider: string, { account, models }: ProviderCircuits, now: number): string {
  const named: [string, Circuit][] = [
    [`${provider} (account)`, account],
    ...Object.entries(models).map(([model, circuit]): [string, Circuit] => [`${provider}/${model}`, circuit]),
  ]
  const rows = named.map(([name, circuit]) => {
    const { state, since, until } = stateOf({ ...circuit, hold: null }, now)
    const { recent, hold } = circuit
    return [
      name,
      state,
      since === null ? '' : instant(since),
      until === null ? '' : instant(until),
      hold === null || hold.until <= now ? '' : `until ${instant(hold.until)} (${hold.reason})`,
      recent === null ? '' : `${recent.failures}, last ${recent.class ?? ''} at ${instant(recent.at)}`,
    ]
  })
  return markdownTable(['circuit', 'phase', 'since', 'until', 'hold', 'failures'], rows)
}

interface CircuitChange {
  /** `provider/model`, or the provider's name for its account. */
  target: string
  from: CircuitState['state']
  to: CircuitState['state']
  until: number | null
  /** Of the circuit, after the change. */
  version: number
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
      : [{ target: scope === null ? provider : `${provider}/${scope}`, from, to, until, version: is.version }]
  })
}
