/** What a budget counts. */

export interface Amount {
  requests: number
  /** Input and output. */
  tokens: number
  /** US dollars. */
  dollars: number
}

export const UNITS = ['requests', 'tokens', 'dollars'] as const
export type Unit = (typeof UNITS)[number]

export const NOTHING: Amount = { requests: 0, tokens: 0, dollars: 0 }

export const plus = (one: Amount, other: Amount): Amount => mapped(one, (unit) => one[unit] + other[unit])

/** Never less than nothing. */
export const minus = (one: Amount, other: Amount): Amount =>
  mapped(one, (unit) => Math.max(0, one[unit] - other[unit]))

export const sumOf = (amounts: Iterable<Amount>): Amount => [...amounts].reduce(plus, NOTHING)

export const isNothing = (amount: Amount): boolean => UNITS.every((unit) => amount[unit] === 0)

const mapped = (_one: Amount, make: (unit: Unit) => number): Amount => ({
  requests: make('requests'),
  tokens: make('tokens'),
  dollars: make('dollars'),
})

/** What somebody sent by hand, or another build: no number that could spoil a sum. */
export const isAmount = (value: unknown): value is Amount =>
  typeof value === 'object' &&
  value !== null &&
  UNITS.every((unit) => {
    const number: unknown = (value as { [unit: string]: unknown })[unit]
    return typeof number === 'number' && Number.isFinite(number) && number >= 0
  })
