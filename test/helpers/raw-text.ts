/** What somebody without the key finds in what Temporal keeps. */

/** All texts and bytes in an object of the server's, however deep, as one text. */
export function textIn(value: unknown): string {
  if (typeof value === 'string') return `${value}\n`
  if (value instanceof Uint8Array) return `${Buffer.from(value).toString('utf8')}\n`
  if (typeof value !== 'object' || value === null) return ''
  return Object.values(value).map(textIn).join('')
}
