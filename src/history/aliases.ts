/**
 * Stand-ins for texts: of the same length, with the blanks where they were. Equal texts have one stand-in, different ones
 * two, as far as their length allows: so what names the same thing still does.
 */
export type Aliases = (text: string) => string

/** The first stands for no number. */
const LETTERS = 'xabcdefghijklmnopqrstuvwyz'

export function createAliases(): Aliases {
  const known = new Map<string, string>()
  /** How many texts of a shape there are. */
  const counts = new Map<string, number>()
  return (text) => {
    const earlier = known.get(text)
    if (earlier !== undefined) return earlier
    const shape = text.replace(/\S/g, 'x')
    const count = counts.get(shape) ?? 0
    counts.set(shape, count + 1)
    const alias = numbered(shape, count)
    known.set(text, alias)
    return alias
  }
}

/** A number in the last letters of a shape; of one that is too short for it, what fits. */
function numbered(shape: string, number: number): string {
  if (number === 0) return shape
  const units = [...shape]
  let left = number
  for (let index = units.length - 1; index >= 0 && left > 0; index -= 1) {
    if (units[index] !== 'x') continue
    units[index] = LETTERS[left % LETTERS.length] ?? 'x'
    left = Math.floor(left / LETTERS.length)
  }
  return units.join('')
}
