/** Sizes as people write them in a config file. A kilobyte has 1024 bytes. */

const UNIT_BYTES = { GB: 1024 ** 3, MB: 1024 ** 2, KB: 1024 } as const
type Unit = keyof typeof UNIT_BYTES

export const BYTES_PATTERN = /^(\d+(?:\.\d+)?)(KB|MB|GB)$/

/** `256MB`, `1.5GB` -> whole bytes; null for anything else. */
export function parseBytes(text: string): number | null {
  const [, amount, unit] = BYTES_PATTERN.exec(text) ?? []
  if (amount === undefined || unit === undefined) return null
  const bytes = Math.round(Number(amount) * UNIT_BYTES[unit as Unit])
  return Number.isSafeInteger(bytes) ? bytes : null
}

/** Bytes -> the largest unit that shows them exactly: 268435456 -> `256MB`; else plain bytes. */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of Object.entries(UNIT_BYTES))
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`
  return `${bytes} bytes`
}
