/**
 * What a generation waits for: its calls, the clock, and what others signal.
 *
 * W1 A timer stands only while the dispatcher asked to be woken: `sequence` sets none.
 * W2 A signal is listened for only while one waits for it: one that comes earlier is kept by the SDK till then.
 */
import { CancellationScope, defineSignal, setHandler, sleep } from '@temporalio/workflow'
import { CIRCUITS_CHANGED_SIGNAL } from '../src/contract/circuits'
import { DUE_SIGNAL } from '../src/contract/generation'
import type { DispatchEvent } from '../src/domain/dispatch'
import type { Settled } from './run-candidate'

export interface Run {
  /** null: it runs in the workflow's own scope, and can't be cancelled alone. */
  scope: CancellationScope | null
  settled: Promise<Settled>
  /** The n-th candidate that was started, from 1. */
  order: number
}

export type Next = Settled | Extract<DispatchEvent, { type: 'woke' | 'due' }>

/** The next candidate to settle, or that `wakeAt` (epoch milliseconds) has come, by the clock or by a call's word. */
export function nextEvent(running: ReadonlyMap<number, Run>, wakeAt: number | null): Promise<Next> {
  const settled = [...running.values()].map((run) => run.settled)
  const [only] = settled
  if (wakeAt !== null) return settledOrWoken(running, settled, wakeAt)
  return only !== undefined && settled.length === 1 ? only : Promise.race(settled)
}

async function settledOrWoken(
  running: ReadonlyMap<number, Run>,
  settled: Promise<Settled>[],
  wakeAt: number,
): Promise<Next> {
  const timer = new CancellationScope()
  const woke = timer.run(() => wake(wakeAt))
  const due = heard<[number]>(DUE_SIGNAL)
  const told = due.signal.then(([order]): Next => {
    const candidate = [...running].find(([, run]) => run.order === order)?.[0]
    return candidate === undefined ? { type: 'woke' } : { type: 'due', candidate }
  })
  try {
    return await Promise.race([...settled, woke, told])
  } finally {
    due.ignore()
    timer.cancel()
  }
}

/** A moment to come, epoch milliseconds, or a change of the circuits. */
export async function nudgedOrWoken(wakeAt: number): Promise<DispatchEvent> {
  const timer = new CancellationScope()
  const woke = timer.run(() => sleep(Math.max(1, wakeAt - Date.now())))
  const woken = woke.then(() => ({ type: 'woke' }) as const)
  const nudge = heard(CIRCUITS_CHANGED_SIGNAL)
  try {
    return await Promise.race([woken, nudge.signal.then(() => ({ type: 'nudged' }) as const)])
  } finally {
    nudge.ignore()
    timer.cancel()
    woken.catch(() => undefined)
  }
}

/** W2 */
function heard<Args extends unknown[] = []>(name: string) {
  const definition = defineSignal<Args>(name)
  const signal = new Promise<Args>((resolve) => setHandler(definition, (...args: Args) => resolve(args)))
  return { signal, ignore: () => setHandler(definition, undefined) }
}

const WOKE = { type: 'woke' } as const

/** Resolves at `wakeAt`, or when its scope is cancelled. */
const wake = (wakeAt: number): Promise<Next> =>
  sleep(Math.max(1, wakeAt - Date.now())).then(
    () => WOKE,
    () => WOKE,
  )
