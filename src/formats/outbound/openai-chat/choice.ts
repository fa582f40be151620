interface Indexed {
  index?: number | null | undefined
}

/**
 * One choice is requested, so one is read: number 0, or that with which the answer began where a server numbers
 * otherwise.
 */
export const createChoice = () => {
  let ours: number | null = null
  return <C extends Indexed>(choices: readonly C[] | null | undefined): C | undefined => {
    const numbers = choices?.map((choice) => choice.index ?? 0) ?? []
    if (ours === null && numbers.length > 0) ours = numbers.includes(0) ? 0 : (numbers[0] ?? 0)
    return choices?.find((choice) => (choice.index ?? 0) === ours)
  }
}
