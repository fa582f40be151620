/** Numbers and moments for people. */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Milliseconds: `12 ms`, `1.2 s`, `2 min 5 s`, `3 h 10 min`. */
export function span(ms) {
  if (ms < SECOND) return `${Math.round(ms)} ms`
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`
  if (ms < HOUR) return pair(ms, MINUTE, 'min', SECOND, 's')
  if (ms < DAY) return pair(ms, HOUR, 'h', MINUTE, 'min')
  return pair(ms, DAY, 'd', HOUR, 'h')
}

function pair(ms, large, largeName, small, smallName) {
  const rest = Math.floor((ms % large) / small)
  return `${Math.floor(ms / large)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`
}

/** Whole seconds: what changes each second is read, not measured. */
export const age = (ms) =>
  ms < SECOND ? 'now' : `${span(Math.floor(ms / SECOND) * SECOND).replace('.0', '')} ago`

export const clock = (at) =>
  new Date(at).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })

export function dollars(usd) {
  if (usd === 0) return '$0'
  return usd < 0.01 ? `$${usd.toFixed(6)}` : `$${usd.toFixed(usd < 100 ? 4 : 2)}`
}

export const percent = (share) => (share > 0 && share < 0.01 ? '<1 %' : `${Math.round(share * 100)} %`)

export const count = (number, one, many = `${one}s`) =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`

/** Tokens of the API as words. */
export const worded = (name) => name.replaceAll('_', ' ')
