/** What a test says of the calls that reached the providers. It throws plain errors: any test runner shows them. */
import type { CallFilter, RecordedCall, Simulator } from '../simulator'

/** `provider/model`, or a provider for all its models. */
export const callsTo = (simulator: Pick<Simulator, 'calls'>, target?: string): RecordedCall[] =>
  simulator.calls(filterOf(target))

export function filterOf(target: string | undefined): CallFilter {
  if (target === undefined) return {}
  return target.includes('/') ? { target } : { provider: target }
}

/**
 * @param times how often; absent: at least once
 * @throws Error that lists the calls which came instead
 */
export function requireCalls(
  simulator: Pick<Simulator, 'calls'>,
  target: string,
  times: number | undefined,
): void {
  const found = callsTo(simulator, target).length
  if (times === undefined ? found > 0 : found === times) return
  const wanted = times === undefined ? 'at least once' : timesText(times)
  throw new Error(
    `${target} was to be called ${wanted}, and was called ${timesText(found)}.\n${callList(simulator.calls())}`,
  )
}

const timesText = (count: number): string => (count === 1 ? 'once' : `${count} times`)

const SHOWN = 30

function callList(calls: readonly RecordedCall[]): string {
  const [first] = calls
  if (first === undefined) return 'No provider was called.'
  const lines = calls
    .slice(0, SHOWN)
    .map(
      ({ provider, model, status, outcome, receivedAt }) =>
        `  +${receivedAt - first.receivedAt} ms  ${provider}/${model}  ${status ?? 'no status'}  ${outcome}`,
    )
  const more = calls.length > SHOWN ? [`  and ${calls.length - SHOWN} more`] : []
  return ['The calls, in order:', ...lines, ...more].join('\n')
}
