/** The texts that the simulator answers. They hold several multi-byte characters, so that bad chunking shows. */

const VOCABULARY = (
  'the harbour kept its lamps lit through every café naïve enough to trust a calm sea while ships from 東京 ' +
  'carried letters over dark water and one patient keeper wrote each name twice before dawn 🙂 so nothing sent was ever lost'
).split(' ')

/**
 * A text of `count` words, no two alike, and the same for every target: its first words are a prefix of
 * any longer one, so that a lost or repeated word shows, and a continuation can be checked.
 */
export function wordsText(count: number): string {
  const words = Array.from({ length: count }, (_, index) => {
    const round = Math.floor(index / VOCABULARY.length)
    return `${VOCABULARY[index % VOCABULARY.length]}${round === 0 ? '' : round + 1}`
  })
  return words.join(' ')
}

/** The default answer: a digest of the request. */
export function echoText(target: string, userText: string): string {
  const digest = userText.length > 40 ? `${userText.slice(0, 40)}…` : userText
  return `Simulated answer from ${target} to "${digest}"`
}

/**
 * What is left to say after an assistant prefill. Where the text begins with the prefill (spaces at the
 * prefill's end aside), only the rest is sent, as a model that continues would; else the whole text is.
 */
export function afterPrefill(text: string, prefill: string): string {
  const trimmed = prefill.trimEnd()
  if (trimmed === '' || !text.startsWith(trimmed)) return text
  const rest = text.slice(trimmed.length)
  return prefill.length > trimmed.length ? rest.trimStart() : rest
}

/** Cuts a text into words, each with the space before it; together they are the text again. */
export const pieces = (text: string): string[] => text.match(/\s*\S+|\s+$/g) ?? []

/** Cuts the JSON of a tool call's arguments into pieces of twelve characters. */
export const jsonPieces = (json: string): string[] => json.match(/[\s\S]{1,12}/gu) ?? []

/** About four characters a token, the usual rule of thumb for English. */
export const estimateTokens = (characters: number): number => Math.max(1, Math.ceil(characters / 4))
