/** Workers that order their calls by latency, on a clock that jumps: the code that workers run, and providers made of numbers. */
import { standingsOf } from '../../src/domain/routing/order'
import type { Order, Route } from '../../src/domain/routing/route'
import { createLatencies } from '../../src/worker/latencies'

export type Served = { ms: number; failed?: boolean }

export interface SimulatedTarget {
  name: string
  /** @param inFlight calls that it has then, this one included */
  serve(now: number, inFlight: number, random: () => number): Served
}

export interface Simulation {
  order: Order | undefined
  workers: number
  /** All workers see the same times, as if they were shared without delay. Default: each has its own view. */
  shared?: boolean
  perSecond: number
  seconds: number
  targets: readonly SimulatedTarget[]
}

export interface Simulated {
  /** Of each generation, in the order of their ends. */
  ended: { at: number; tookMs: number }[]
  /** Which target each generation called first, in the order of their starts. */
  first: { at: number; target: number }[]
}

/** mulberry32: the same numbers in each run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Lognormal, as times of answers are: the deviation is half of the mean. */
export function around(meanMs: number, random: () => number, deviation = 0.5): number {
  const variance = Math.log(1 + deviation ** 2)
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.exp(Math.log(meanMs) - variance / 2 + Math.sqrt(variance) * normal)
}

export const steady = (name: string, meanMs: number): SimulatedTarget => ({
  name,
  serve: (_now, _inFlight, random) => ({ ms: around(meanMs, random) }),
})

/** Slower by as much as it has more calls than it can serve at once. */
export const loaded = (name: string, meanMs: number, atOnce: number): SimulatedTarget => ({
  name,
  serve: (_now, inFlight, random) => ({ ms: around(meanMs * Math.max(1, inFlight / atOnce), random, 0.3) }),
})

export function simulate({
  order,
  workers,
  shared = false,
  perSecond,
  seconds,
  targets,
}: Simulation): Simulated {
  const random = seeded(1)
  let now = 0
  const one = createLatencies(() => now)
  const views = Array.from({ length: workers }, () => (shared ? one : createLatencies(() => now)))
  const viewOf = () => views[Math.floor(random() * workers)] ?? one
  const candidates = targets.map(({ name }) => ({ target: name })) as Route['candidates']
  const inFlight = targets.map(() => 0)
  const ended: Simulated['ended'] = []
  const first: Simulated['first'] = []
  const agenda = createAgenda()

  function call(places: readonly number[], startedAt: number): void {
    const [place = 0, ...others] = places
    const target = targets[place]
    if (target === undefined) return
    inFlight[place] = (inFlight[place] ?? 0) + 1
    const timer = viewOf().began('r', target.name, false)
    const { ms, failed = false } = target.serve(now, inFlight[place] ?? 0, random)
    agenda.add(now + ms, () => {
      inFlight[place] = (inFlight[place] ?? 0) - 1
      timer.ended(failed ? 'failed' : 'answered')
      if (failed && others.length > 0) call(others, startedAt)
      else ended.push({ at: startedAt, tookMs: now - startedAt })
    })
  }

  function arrive(count: number): void {
    if (now > seconds * 1_000) return
    const latencies = viewOf().known(
      'r',
      targets.map(({ name }) => name),
      false,
    )
    const facts = { seed: `gen-${count}`, request: { messages: [] }, latencies }
    const places = standingsOf({ candidates, order }, facts).map(({ candidate }) => candidate)
    first.push({ at: now, target: places[0] ?? 0 })
    call(places, now)
    agenda.add(now - (Math.log(1 - random()) * 1_000) / perSecond, () => arrive(count + 1))
  }

  agenda.add(0, () => arrive(0))
  for (let next = agenda.take(); next !== undefined; next = agenda.take()) {
    now = next.at
    next.happen()
  }
  return { ended, first }
}

interface Entry {
  at: number
  happen(): void
}

/** What is next, first: a binary heap. */
function createAgenda() {
  const heap: Entry[] = []
  const atOf = (index: number): number => heap[index]?.at ?? Number.POSITIVE_INFINITY
  const swap = (a: number, b: number): void => {
    const [first, second] = [heap[a], heap[b]]
    if (first === undefined || second === undefined) return
    heap[a] = second
    heap[b] = first
  }
  return {
    add(at: number, happen: () => void): void {
      heap.push({ at, happen })
      for (let index = heap.length - 1; index > 0; ) {
        const parent = (index - 1) >> 1
        if (atOf(parent) <= atOf(index)) return
        swap(parent, index)
        index = parent
      }
    },
    take(): Entry | undefined {
      swap(0, heap.length - 1)
      const next = heap.pop()
      for (let index = 0; ; ) {
        const left = 2 * index + 1
        const child = atOf(left + 1) < atOf(left) ? left + 1 : left
        if (atOf(index) <= atOf(child)) return next
        swap(index, child)
        index = child
      }
    },
  }
}

/** @param from only generations that began then, milliseconds from the start */
export function timesOf({ ended }: Simulated, from = 0): { p50: number; p90: number; p99: number } {
  const times = ended.flatMap(({ at, tookMs }) => (at >= from ? [tookMs] : [])).sort((a, b) => a - b)
  const at = (part: number): number => Math.round(times[Math.floor(part * times.length)] ?? 0)
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}

/** By target: its share of the first calls of the generations that began in this time, milliseconds from the start. */
export function sharesOf({ first }: Simulated, from = 0, to = Number.POSITIVE_INFINITY): number[] {
  const within = first.filter(({ at }) => at >= from && at < to)
  const targets = Math.max(...first.map(({ target }) => target)) + 1
  return Array.from(
    { length: targets },
    (_one, target) => within.filter((one) => one.target === target).length / within.length,
  )
}
