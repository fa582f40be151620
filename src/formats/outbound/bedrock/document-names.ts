/**
 * Names of documents as Bedrock takes them: letters, digits, single blanks, hyphens, parentheses and brackets, 200 at most
 * (its API reference), and no name twice in a request ("Messages can't contain duplicate document names", maximhq/bifrost#7003).
 * A later document never changes an earlier one's name, so that prompt caches hold.
 */
import type { JsonValue } from '../../../domain/request/json'

const MAX_NAME_LENGTH = 200

/** The ending says the format, which has a field of its own. */
const cleanName = (title: string): string =>
  title
    .replace(/\.[a-z0-9]{1,5}$/i, '')
    .replace(/[^a-zA-Z0-9\s()[\]-]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_NAME_LENGTH - 10)
    .trim() || 'document'

/** Names the documents of one request, one after the other. */
export function createDocumentNames(): (title: JsonValue | undefined) => string {
  const taken = new Set<string>()
  return (title) => {
    const name = cleanName(typeof title === 'string' ? title : '')
    let own = name
    for (let n = 2; taken.has(own.toLowerCase()); n += 1) own = `${name} (${n})`
    taken.add(own.toLowerCase())
    return own
  }
}
