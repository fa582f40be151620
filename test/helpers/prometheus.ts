/** Reads Prometheus' text format, strictly: what its own parser would refuse is an error here (exposition_formats.md, 0.0.4). */

export interface Sample {
  name: string
  labels: { [label: string]: string }
  value: number
}

export interface Scrape {
  /** By name, as its TYPE line says. */
  types: ReadonlyMap<string, string>
  samples: readonly Sample[]
  /** The sum of all samples of this name with these labels; 0: there is none. */
  value(name: string, labels?: { [label: string]: string }): number
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
const SAMPLE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL}(?:,|(?=\\})))*)\\})? (\\S+)(?: -?\\d+)?$`)
const COMMENT = new RegExp(`^# (HELP|TYPE) (${NAME}) (.*)$`)

/** Throws an Error with the line that is none. */
export function parseScrape(text: string): Scrape {
  const types = new Map<string, string>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end')
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    if (line.startsWith('#')) {
      const [, kind, name = '', rest = ''] = COMMENT.exec(line) ?? []
      if (kind !== 'TYPE') continue
      if (types.has(name)) throw new Error(`a second TYPE of ${name}`)
      if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest)) throw new Error(`no type: ${line}`)
      types.set(name, rest)
      continue
    }
    const [, name = '', written = '', number = ''] = SAMPLE.exec(line) ?? []
    if (name === '') throw new Error(`no sample: ${line}`)
    const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '')
    if (!types.has(family)) throw new Error(`a sample before its TYPE: ${line}`)
    const value = number === '+Inf' ? Number.POSITIVE_INFINITY : Number(number)
    if (Number.isNaN(value) && number !== 'NaN') throw new Error(`no number: ${line}`)
    const labels = Object.fromEntries(
      [...written.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)].map(([, label, given]) => [
        label,
        given,
      ]),
    )
    const series = `${name} ${written}`
    if (seen.has(series)) throw new Error(`a second sample of ${series}`)
    seen.add(series)
    samples.push({ name, labels, value })
  }
  return {
    types,
    samples,
    value: (name, labels = {}) =>
      samples
        .filter(
          (one) =>
            one.name === name &&
            Object.entries(labels).every(([label, given]) => one.labels[label] === given),
        )
        .reduce((sum, { value }) => sum + value, 0),
  }
}
