/** When a bucket's lifecycle rules delete what stands below a prefix: of S3's XML, what says that. */

const DAY_MS = 86_400_000

export interface Expiry {
  /** The first of the objects go so long after they were stored, milliseconds. null: none ever goes. */
  firstMs: number | null
  /** All are gone so long after. null: some stay. */
  allMs: number | null
}

/** @param prefix of the objects; rules of a tag are not theirs: they have none */
export function expiryOf(xml: string, prefix: string, now: number): Expiry {
  const rules = inAll(xml, 'Rule')
    .filter((rule) => first(rule, 'Status') === 'Enabled' && first(rule, 'Tag') === null)
    .flatMap((rule) => {
      const after = expiresAfterMs(first(rule, 'Expiration') ?? '', now)
      return after === null ? [] : [{ after, of: plain(first(rule, 'Prefix') ?? ''), whole: !bySize(rule) }]
    })
  const some = rules.filter(({ of }) => of.startsWith(prefix) || prefix.startsWith(of))
  const every = some.filter(({ of, whole }) => whole && prefix.startsWith(of))
  return { firstMs: least(some), allMs: least(every) }
}

const least = (rules: readonly { after: number }[]): number | null =>
  rules.length === 0 ? null : Math.min(...rules.map(({ after }) => after))

function expiresAfterMs(expiration: string, now: number): number | null {
  const days = first(expiration, 'Days')
  if (days !== null) return Number(days) * DAY_MS
  const date = first(expiration, 'Date')
  return date === null ? null : Math.max(0, Date.parse(date) - now)
}

const bySize = (rule: string): boolean => /<ObjectSize(Greater|Less)Than>/.test(rule)

const inAll = (xml: string, tag: string): string[] =>
  [...xml.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, text = '']) => text)
const first = (xml: string, tag: string): string | null => inAll(xml, tag)[0] ?? null

const ENTITIES = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&amp;': '&' }
const plain = (text: string): string =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (one) => ENTITIES[one as keyof typeof ENTITIES])
