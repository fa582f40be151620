/**
 * The words that are not used (CONTRIBUTING.md names what each thing is called instead).
 * PRIVATE-WORDS-1: no file of the tree has one of them, as a word or as a part of a name.
 * PRIVATE-WORDS-2: each exception is still needed.
 */

/** As whole words, and as parts of names in camel case or with underscores. */
const PRIVATE = new Set([
  ...['voice', 'hushed', 'retelling', 'bell', 'rung', 'hear', 'hears', 'heard', 'unheard'],
  ...['speak', 'speaks', 'spoken', 'sibling', 'siblings', 'tell', 'tells', 'told'],
])
/** As parts of names only: as words of a sentence they are ordinary. JavaScript has `allSettled`. */
const PRIVATE_IN_NAMES =
  /\b(?!allSettled\b)\w*[a-z](?:Asked|Settled)\b|\b(?:Asked|Settled)[A-Z]\w*|\b(?:redisEar|ringAll)\b/g

/** Words of others, each with the reason. */
const EXCEPTIONS: readonly { file: string; word: string; because: string }[] = [
  {
    file: 'test/formats/inbound/openai-chat-requests.test.ts',
    word: 'voice',
    because: "a field of OpenAI's API",
  },
  { file: 'docs/ai-sdk.md', word: 'tell', because: 'a prompt' },
]

/** Recorded histories, decisions and changes of their day, and what others have written. */
const NOT_READ = [
  'docs/decisions/',
  'test/fixtures/histories/',
  'CHANGELOG.md',
  'package-lock.json',
  'test/helpers/private-words.ts',
  'test/architecture.test.ts',
]

/** Paths from the project's root. */
export const isReadForWords = (file: string): boolean =>
  /\.(ts|mts|cts|mjs|cjs|js|md|yaml|yml|json|sh)$/.test(file) &&
  !NOT_READ.some((path) => file.startsWith(path))

/** Every breach of PRIVATE-WORDS-1 and PRIVATE-WORDS-2 by these files (path -> text), as `rule: path: word`. */
export function privateWordBreaches(texts: ReadonlyMap<string, string>): string[] {
  const used = [...texts].flatMap(([file, text]) => wordsIn(text).map((word) => ({ file, word })))
  const isException = ({ file, word }: { file: string; word: string }): boolean =>
    EXCEPTIONS.some((one) => one.file === file && one.word === word)
  return [
    ...used
      .filter((one) => !isException(one))
      .map(({ file, word }) => `PRIVATE-WORDS-1 a word that is not used: ${file}: ${word}`),
    ...EXCEPTIONS.filter((one) => !used.some(({ file, word }) => file === one.file && word === one.word)).map(
      ({ file, word }) => `PRIVATE-WORDS-2 an exception that is not needed: ${file}: ${word}`,
    ),
  ]
}

function wordsIn(text: string): string[] {
  const parts = text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').match(/[A-Za-z]+/g) ?? []
  const words = parts.map((part) => part.toLowerCase()).filter((part) => PRIVATE.has(part))
  return [...new Set([...words, ...(text.match(PRIVATE_IN_NAMES) ?? [])])]
}
