// The most memory that one jest worker held in a run: test/setup/peak-memory.ts reports it after each file.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { top } from './install.mjs'

export const PEAK_MB_MAX = 700

/** The file after which the largest worker was first that large; null where nothing was measured. */
export function largestPeak(report) {
  if (!existsSync(report)) return null
  const lines = readFileSync(report, 'utf8').trim().split('\n')
  const peaks = lines.map((line) => JSON.parse(line))
  const { peakMb, file } = peaks.reduce((largest, next) => (next.peakMb > largest.peakMb ? next : largest))
  return { peakMb: Math.round(peakMb), file: path.relative(top, file) }
}
