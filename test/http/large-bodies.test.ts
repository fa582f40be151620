/** Which large body is read next. No socket: a body that has closed is one whose call has ended. */
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { createLargeBodies } from '../../src/http/large-bodies'

const GONE = { kind: 'aborted' } as const

/** Bodies by their provider; `order` has the names of those that were let in, in order. */
function bodiesOf(ofOne: number, inAll: number) {
  const bodies = createLargeBodies(ofOne, inAll)
  const order: string[] = []
  return {
    order,
    come(name: string, failure: typeof GONE | null = null, body = new PassThrough()) {
      const [origin = ''] = name
      const entered = bodies.enter(origin, { failure: () => failure } as never, {
        status: 200,
        headers: {},
        body,
      })
      const place = entered.then((leave) => {
        if (leave !== null) order.push(name)
        return leave
      })
      return { body, place, leave: async () => (await place)?.() }
    },
  }
}

it('LARGE-BODIES-2: bodies of one provider wait for a place of theirs, and go in as they came', async () => {
  const { come, order } = bodiesOf(2, 16)
  const [first] = [come('a1'), come('a2'), come('a3'), come('a4')]
  await turn()
  expect(order).toEqual(['a1', 'a2'])
  await first.leave()
  await turn()
  expect(order).toEqual(['a1', 'a2', 'a3'])
})

it('LARGE-BODIES-2: a provider whose places are taken keeps no other one waiting', async () => {
  const { come, order } = bodiesOf(1, 16)
  come('a1')
  come('a2')
  come('b1')
  await turn()
  expect(order).toEqual(['a1', 'b1'])
})

it('LARGE-BODIES-3: all providers together have a bound too, and the one with the fewest bodies goes first', async () => {
  const { come, order } = bodiesOf(3, 3)
  const [first] = [come('a1'), come('b1'), come('b2'), come('b3'), come('c1')]
  await turn()
  expect(order).toEqual(['a1', 'b1', 'b2'])
  await first.leave()
  await turn()
  expect(order).toEqual(['a1', 'b1', 'b2', 'c1'])
})

it('LARGE-BODIES-1: a body that closes while it waits gets no place and takes none', async () => {
  const { come, order } = bodiesOf(1, 16)
  const first = come('a1')
  const second = come('a2')
  come('a3')
  second.body.destroy()
  expect(await second.place).toBeNull()
  await first.leave()
  await turn()
  expect(order).toEqual(['a1', 'a3'])
})

it('a call that has ended before does not wait: where there is no room it gets none at once', async () => {
  const { come } = bodiesOf(1, 16)
  come('a1')
  const destroyed = new PassThrough().destroy()
  await turn()
  expect(await come('a2', GONE).place).toBeNull()
  expect(await come('a3', null, destroyed).place).toBeNull()
})

it('places that were given back are there again, of the provider and of all', async () => {
  const { come, order } = bodiesOf(1, 1)
  for (const name of ['a1', 'b1', 'a2', 'b2']) await come(name).leave()
  expect(order).toEqual(['a1', 'b1', 'a2', 'b2'])
})

it('a place that a waiting body got is given back once, and there again for the next one', async () => {
  const { come, order } = bodiesOf(1, 1)
  const [first, second] = [come('a1'), come('a2')]
  await first.leave()
  await second.leave()
  come('a3')
  await turn()
  expect(order).toEqual(['a1', 'a2', 'a3'])
})

it('a body that has got its place is no longer watched', async () => {
  const { come } = bodiesOf(1, 16)
  const first = come('a1')
  const second = come('a2')
  expect(second.body.listenerCount('close')).toBe(1)
  await first.leave()
  await second.place
  expect(second.body.listenerCount('close')).toBe(0)
})
