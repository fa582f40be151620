/** The benchmark's side of `subject-process.ts`: starts one, gives it orders, ends it. */
import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import type { Load } from './load'
import type { Message, Order, PartSettings, Ready, Replies, Sample, Settled } from './subject-process'
import type { Usage } from './usage'

export interface Part extends Ready {
  // Each rejects when the process fails or dies. One order at a time.
  load(inFlight: number, durationMs: number): Promise<Load>
  pace(perSecond: number, durationMs: number): Promise<Load>
  /** Begins so many calls, and does not wait for them. */
  open(calls: number): Promise<null>
  /** Waits for those that were opened. */
  settle(): Promise<Settled>
  usage(): Promise<Usage>
  sample(calls: number): Promise<Sample>
  close(): Promise<void>
}

/** A drain waits for calls in flight, and there are none: longer means that it hangs. */
const END_LIMIT_MS = 5_000

export async function startPart(settings: PartSettings): Promise<Part> {
  const child = fork(path.join(__dirname, 'subject-process.js'), [JSON.stringify(settings)], {
    // stdout is the result's: what the SDK's core prints belongs beside it.
    stdio: ['ignore', process.stderr.fd, process.stderr.fd, 'ipc'],
  })
  const ready = (await nextMessage(child, settings)) as Ready
  const call = async <T extends keyof Replies>(order: Order & { type: T }): Promise<Replies[T]> => {
    child.send(order)
    return (await nextMessage(child, settings)) as Replies[T]
  }
  return {
    ...ready,
    load: (inFlight, durationMs) => call({ type: 'load', inFlight, durationMs }),
    pace: (perSecond, durationMs) => call({ type: 'pace', perSecond, durationMs }),
    open: (calls) => call({ type: 'open', calls }),
    settle: () => call({ type: 'settle' }),
    usage: () => call({ type: 'usage' }),
    sample: (calls) => call({ type: 'sample', calls }),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      const timer = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS)
      child.send({ type: 'end' } satisfies Order)
      await gone
      clearTimeout(timer)
    },
  }
}

/** The reply to the last order, or what "ready" says. */
function nextMessage(child: ChildProcess, { subject, part }: PartSettings): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const end = (act: () => void) => {
      child.off('message', onMessage)
      child.off('exit', onExit)
      act()
    }
    const onMessage = (message: Message) =>
      end(() =>
        message.type === 'failed'
          ? reject(new Error(`${subject} (${part}) failed: ${message.message}`))
          : resolve(message.type === 'reply' ? message.reply : message.ready),
      )
    const onExit = (code: number | null, signal: string | null) =>
      end(() => reject(new Error(`${subject} (${part}) ended by ${signal ?? `exit code ${code}`}`)))
    child.on('message', onMessage)
    child.on('exit', onExit)
  })
}
