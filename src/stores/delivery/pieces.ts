/**
 * What a log keeps of its events: short lines, so that an answer in thousands of pieces does not take many times its text.
 * A line is of one event, `<kind><target's number> <end> <rest>`: `end` is where the text since the last restart ends then,
 * in UTF-16 units, so that a piece of text is a part of that text and stands nowhere else.
 *
 * PIECES-1 A restart drops what was said before it, and so bounds what is kept and what a reader has to read:
 *    it leaves a mark (`void`), the records of failed calls, and every position as it was.
 */
import type { Commit, Delivered, DeliveryEvent } from './types'

/** In memory and in Lua alike: `t`ext, `r`easoning, `o`paque block, re`s`tart, failed `a`ttempt, `c`ommitted, `v`oid. */
export const LINE = /^([trosacv])(\d+) (\d+) ?/

/** What a page of lines is read with. */
export interface Reading {
  /** Of the targets, by their number from 1. */
  targets: readonly string[]
  /** Some of the text since the last restart, and where in it that begins. */
  text: string
  textFrom: number
  /** Where the text ends before the first line. */
  end: number
  commit: Commit | null
}

/** One event as the rest of its line: what the text and the commit don't say. */
export function restOf(event: DeliveryEvent): { kind: string; target: string | null; rest: string } {
  switch (event.type) {
    case 'text':
      return { kind: 't', target: event.target, rest: '' }
    case 'reasoning':
      return { kind: 'r', target: event.target, rest: JSON.stringify(event.text) }
    case 'opaque':
      return { kind: 'o', target: event.target, rest: JSON.stringify(event.block) }
    case 'restart':
      return { kind: 's', target: event.target, rest: '' }
    case 'attempt':
      return { kind: 'a', target: null, rest: JSON.stringify(event.record) }
    case 'committed':
      return { kind: 'c', target: null, rest: '' }
    case 'void':
      return { kind: 'v', target: null, rest: event.textAt === null ? '' : `${event.textAt}` }
  }
}

const lineOf = (kind: string, target: number, end: number, rest: string): string =>
  rest === '' ? `${kind}${target} ${end}` : `${kind}${target} ${end} ${rest}`

/** Throws a TypeError for what is no line of ours. */
export function eventsOf(
  lines: readonly string[],
  { targets, text, textFrom, end, commit }: Reading,
): DeliveryEvent[] {
  let from = end
  return lines.map((line) => {
    const [head = '', kind = '', number = '', at = ''] = LINE.exec(line) ?? []
    const target = targets[Number(number) - 1] ?? ''
    const rest = line.slice(head.length)
    const began = from
    from = Number(at)
    switch (kind) {
      case 't':
        return { type: 'text', text: text.slice(began - textFrom, from - textFrom), target }
      case 'r':
        return { type: 'reasoning', text: JSON.parse(rest), target }
      case 'o':
        return { type: 'opaque', block: JSON.parse(rest), target }
      case 's':
        return { type: 'restart', target }
      case 'a':
        return { type: 'attempt', record: JSON.parse(rest) }
      case 'v':
        return { type: 'void', textAt: rest === '' ? null : Number(rest) }
    }
    if (kind === 'c' && commit !== null) return { type: 'committed', commit }
    throw new TypeError('not a line of a delivery log')
  })
}

/** PIECES-1: what is left of the lines before a restart. @param from the position before the first one. */
function remains(lines: readonly string[], from: number): { position: number; line: string }[] {
  const left = lines.flatMap((line, index) =>
    line.startsWith('a') ? [{ position: from + index + 1, line }] : [],
  )
  const dropped = lines.findIndex((line) => !line.startsWith('a'))
  if (dropped < 0) return left
  const said = lines.findIndex((line) => line.startsWith('t'))
  const mark = lineOf('v', 0, 0, said < 0 ? '' : `${from + said + 1}`)
  const position = from + dropped + 1
  const at = left.findIndex((one) => one.position > position)
  return left.toSpliced(at < 0 ? left.length : at, 0, { position, line: mark })
}

/** The lines of one log in this process. */
export interface Kept {
  base: number
  /** The position before the first line. */
  from: number
  /** Since the last restart, that one included. */
  lines: string[]
  /** What is left of before (PIECES-1). */
  past: { position: number; line: string }[]
  targets: string[]
}

export const newKept = (base: number): Kept => ({ base, from: base, lines: [], past: [], targets: [] })

/** Adds events to the text that was there before them. */
export function keep(kept: Kept, before: number, events: readonly DeliveryEvent[]): void {
  let end = before
  for (const event of events) {
    const { kind, target, rest } = restOf(event)
    if (event.type === 'restart') {
      end = 0
      kept.past.push(...remains(kept.lines, kept.from))
      kept.from += kept.lines.length
      kept.lines = []
    }
    if (event.type === 'text') end += event.text.length
    kept.lines.push(lineOf(kind, target === null ? 0 : numberOf(kept.targets, target), end, rest))
  }
}

function numberOf(targets: string[], target: string): number {
  const known = targets.indexOf(target)
  return known < 0 ? targets.push(target) : known + 1
}

/** What comes after a position, at most so many of the lines; null: that is no position of this log. */
export function pageOf(
  kept: Kept,
  after: number,
  countMax: number,
  { text, commit }: { text: string; commit: Commit | null },
): Delivered[] | null {
  const { base, from, lines, past, targets } = kept
  const position = after === 0 ? base : after
  if (position < base || position > from + lines.length) return null
  const whole = { targets, text, textFrom: 0, commit }
  const old = past.filter((one) => one.position > position)
  const first = Math.max(0, position - from)
  const end = Number(LINE.exec(lines[first - 1] ?? '')?.[3] ?? 0)
  const given = eventsOf(lines.slice(first, first + countMax), { ...whole, end })
  return [
    ...eventsOf(
      old.map(({ line }) => line),
      { ...whole, end: 0 },
    ).map((event, index) => ({ position: old[index]?.position ?? 0, event })),
    ...given.map((event, index) => ({ position: from + first + index + 1, event })),
  ]
}
