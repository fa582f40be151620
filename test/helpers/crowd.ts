/** Many streams at once over two gateways and two workers, of which one each is killed in the middle. */
import type { Apart, GatewayProcess } from './apart'
import { type Listener, streamChat } from './listening'
import { until } from './processes'

export interface Crowd {
  /** Calls that the provider has seen. */
  paid: number
  /** Calls that went with the killed worker. */
  lost: number
  /** Clients that went on at the other gateway. */
  moved: number
}

const TRIES = 10
const TEXT = Array.from({ length: 60 }, (_, index) => `crowd${index}`).join(' ')

/** Fails where a client has not the whole answer, each word once. Which ones are killed is left to chance. */
export async function killInACrowd(
  { simulator, holdfast, workers }: Apart,
  gateways: readonly GatewayProcess[],
  count: number,
): Promise<Crowd> {
  simulator.script('alpha', [{ answer: TEXT, latency: { uniform: ['0ms', '500ms'] }, tokenLatency: '50ms' }])
  let moved = 0
  const latest: Listener[] = []
  const client = async (index: number): Promise<Listener> => {
    let listener: Listener | undefined
    for (let tried = 0; tried < TRIES; tried += 1) {
      const gateway = gateways[(index + tried) % gateways.length]
      listener = streamChat(gateway?.url ?? '', { key: `crowd ${index}` }, listener)
      latest[index] = listener
      const how = await listener.ended
      if (how === 'broken') moved += 1
      // A start that Temporal did not confirm in time is requested again, as with any client: the key makes it safe.
      else if (listener.error()?.code !== 'unavailable') return listener
    }
    throw new Error(`client ${index} has no answer: ${latest[index]?.error()?.message}`)
  }
  const clients = Promise.all(Array.from({ length: count }, (_, index) => client(index)))
  const halfway = () => latest.filter((listener) => listener.wordCount() >= 5).length >= count / 2
  await until('half of the clients have five words', halfway, 60_000)
  await Promise.all([oneOf(gateways).kill(), oneOf(workers()).kill()])

  const listeners = await clients
  const received = listeners.map((one) => ({ text: one.text(), whole: one.whole(), error: one.error() }))
  expect(received).toEqual(Array(count).fill({ text: TEXT, whole: true, error: null }))
  const results = await Promise.all(listeners.map((one) => holdfast.result(one.generationId())))
  const lost = results
    .flatMap(({ attempts }) => attempts)
    .filter(({ failure }) => failure?.class === 'worker_lost').length
  return { paid: simulator.calls().length, lost, moved }
}

function oneOf<T>(list: readonly T[]): T {
  const one = list[Math.floor(Math.random() * list.length)]
  if (one === undefined) throw new Error('there is none')
  return one
}
