import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, formatBytes, parseConfig } from '../../src/config'
import { formatDuration, formatPercent, parseDuration } from '../../src/config/duration'
import { configJsonSchema } from '../../src/config/json-schema'

const docs = readFileSync(join(__dirname, '..', '..', 'docs', 'config.md'), 'utf8')
const [fileFields = ''] = docs.split('## What a request may override')
const rows = new Map(
  [...fileFields.matchAll(/^\| `([\w.]+)` \| ([^|]+?) \|/gm)].map(([, field = '', stated = '']) => [
    field,
    stated,
  ]),
)

const { routes, cache, delivery, whenTemporalDown, telemetry } = parseConfig(`
providers: { a: { api: openai-chat, baseUrl: http://a } }
defaults: { candidates: [a/m] }
routes: { plain: {}, full: { cache: {}, circuit: { rate: {} }, strategy: { hedge: { after: 1s } } } }
`)
const { plain, full } = routes
const [candidate] = plain?.candidates ?? []
const hedge = full?.strategy.type === 'hedge' ? full.strategy : undefined

/** Every default as the code has it, in the words of the file. */
const actual: [string, string | number | boolean | undefined][] = [
  ['strategy', plain?.strategy.type],
  ['strategy.hedge.max', hedge?.max],
  ['strategy.hedge.budget', formatPercent(hedge?.budget ?? -1)],
  ['deadline', formatDuration(plain?.deadlineMs ?? -1)],
  ['passes', plain?.passes],
  ...durations('timeouts', candidate?.timeouts ?? {}),
  ['retry.maximumAttempts', candidate?.retry.maximumAttempts],
  ['retry.backoffCoefficient', candidate?.retry.backoffCoefficient],
  ['retry.jitter', candidate?.retry.jitter],
  ...durations('retry', candidate?.retry ?? {}),
  ['circuit.consecutive', plain?.circuit?.consecutive],
  ['circuit.whenAllOpen', plain?.circuit?.whenAllOpen],
  ...durations('circuit', plain?.circuit ?? {}),
  ['circuit.rate.threshold', formatPercent(full?.circuit?.rate?.threshold ?? -1)],
  ['circuit.rate.minimumCalls', full?.circuit?.rate?.minimumCalls],
  ...durations('circuit.rate', full?.circuit?.rate ?? {}),
  ['cache.coalesce', full?.cache?.coalesce],
  ...durations('cache', full?.cache ?? {}),
  ['delivery.store', delivery.store],
  ['whenTemporalDown', whenTemporalDown],
  ['telemetry.captureContent', telemetry.captureContent],
  ['telemetry.propagateToProviders', telemetry.propagateToProviders],
  ['store', cache.store],
  ['path', cache.store === 'disk' ? cache.path : 'none'],
  ['maxBytes', formatBytes(cache.store === 'redis' ? -1 : cache.maxBytes)],
  ['fallbackOnRefusal', plain?.fallbackOnRefusal],
  ['unsupportedParams', plain?.unsupportedParams],
  ['upstream', plain?.upstream],
]

function durations(block: string, values: object): [string, string][] {
  const entries = Object.entries(values).filter(([name]) => name.endsWith('Ms'))
  return entries.map(([name, ms]) => [`${block}.${name.slice(0, -2)}`, formatDuration(Number(ms))])
}

/** `24h` and `1d` are the same. */
const sameForm = (text: string): string => {
  const ms = parseDuration(text)
  return ms === null ? text : formatDuration(ms)
}

describe('docs/config.md', () => {
  it.each([...actual, ['maxDeadline', formatDuration(plain?.maxDeadlineMs ?? -1)] as const])(
    'states the default of %s as it is',
    (field, value) => {
      const stated = rows.get(field) ?? 'nothing'
      expect(sameForm(stated)).toBe(String(value))
    },
  )

  it('names every field that there is', () => {
    const missing = fieldNames(configJsonSchema()).filter((field) => !new RegExp(`\\b${field}\\b`).test(docs))
    expect(missing).toEqual([])
  })

  it('has YAML and TypeScript that are accepted', () => {
    const [, block = ''] = /defineConfig\((\{[\s\S]*?\n\})\)/.exec(docs) ?? []
    expect(() => parseConfig(block)).not.toThrow(ConfigError)
  })
})

/** The names of all fields that a schema describes. */
function fieldNames(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const own =
    'properties' in value && typeof value.properties === 'object' ? Object.keys(value.properties ?? {}) : []
  return [...new Set([...own, ...Object.values(value).flatMap(fieldNames)])].filter(
    (name) => name !== '$schema',
  )
}
