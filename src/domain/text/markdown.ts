/** Markdown for the Web UI. Pure. */

/** The Web UI breaks lines at blanks, and leaves no room between the columns of a table. */
const NO_BREAK = '\u00a0'
const LONGEST_CHARS = 300

export const unbroken = (text: string): string => text.replaceAll(' ', NO_BREAK)

/** One line, with nothing that would end a cell of a table; what is longer is cut. */
export const inlineText = (text: string): string =>
  text
    .slice(0, LONGEST_CHARS)
    .replace(/[\\|]/g, '\\$&')
    .replace(/[\r\n]+/g, ' ')

/** Its cells are plain text. */
export const markdownTable = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [
    line(heads.map((head) => head + NO_BREAK)),
    `|${'---|'.repeat(heads.length)}`,
    ...rows.map((row) => line(row.map((text) => (text === '' ? '' : inlineText(text) + NO_BREAK)))),
  ].join('\n')

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
