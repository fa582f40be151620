/** Images as clients write them: a URL, a data URL, or the bytes alone, in more than one kind of base64. */
import type { UserPart } from '../../domain/request/request'
import { imageTypeOf } from '../outbound/repair'

const DATA_URL = /^\s*data:([^,;]*)(?:;[^,;]*)*;\s*base64\s*,(.+)$/is
const NO_BYTES = /[^A-Za-z0-9+/]/

/** Base64 in lines, of the alphabet for URLs, or without its padding is the same bytes. null: it is none. */
function bytesOf(data: string): string | null {
  const plain = data
    .replace(/\s+/g, '')
    .replace(/={1,2}$/, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
  if (plain === '' || NO_BYTES.test(plain) || plain.length % 4 === 1) return null
  return plain.padEnd(Math.ceil(plain.length / 4) * 4, '=')
}

/** Of its bytes, where nothing or nothing of use is said of them. */
const typeOf = (said: string, data: string): string | null =>
  /^image\//i.test(said) ? said : imageTypeOf(data)

/** The bytes as base64, or a data URL that holds them; `mediaType` may be missing or say nothing. null: no image. */
export function imageBytes(given: string, mediaType = ''): UserPart | null {
  const [, inner, inData] = DATA_URL.exec(given) ?? []
  const data = bytesOf(inData ?? given)
  const type = data === null ? null : typeOf(inner || mediaType, data)
  return data === null || type === null ? null : { type: 'image', data, mediaType: type.trim() }
}

/** An http(s) URL, or the bytes themselves. null: neither. */
export const imageOf = (url: string): UserPart | null =>
  /^\s*https?:\/\//i.test(url) ? { type: 'image', url: url.trim() } : imageBytes(url)
