/** Sizes for people. Pure. */

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']

/** In the largest unit of which there is one: `928744` is `907.0 KiB`. */
export function sizeText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  const amount = bytes / 1024 ** power
  return `${power === 0 ? amount : amount.toFixed(1)} ${UNITS[power]}`
}
