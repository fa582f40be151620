/** UI-WATCH: one reading for all viewers, none for nobody. */
import { createWatch, type Parts } from '../../src/gateway/ui/watch'
import { until } from '../helpers/processes'

function counted(parts: () => Parts, pauseMs = 5) {
  const seen = { reads: 0, idle: 0 }
  const watch = createWatch({
    read: async () => {
      seen.reads += 1
      return parts()
    },
    pauseMs,
    onIdle: () => {
      seen.idle += 1
    },
  })
  return { seen, watch }
}

it('viewers share one reading, and nothing is read when the last has gone (UI-WATCH-1)', async () => {
  const { seen, watch } = counted(() => ({ status: seen.reads }))
  expect(seen.reads).toBe(0)
  const news: string[] = []
  const leave = [1, 2, 3].map((viewer) =>
    watch.subscribe((names) => {
      news.push(`${viewer} ${names.join()}`)
    }),
  )
  await until('three readings', () => seen.reads >= 3)
  expect(news.filter((one) => one === '3 status').length).toBeGreaterThanOrEqual(2)
  expect(Math.abs(news.length - 3 * seen.reads)).toBeLessThanOrEqual(3)
  for (const one of leave) one()
  expect([seen.idle, watch.parts.has('status')]).toEqual([0, false])
  const { reads } = seen
  const other = counted(() => ({}))
  const end = other.watch.subscribe(() => undefined)
  await until('as much time again', () => other.seen.reads > 3)
  end()
  expect(seen.reads).toBe(reads)
})

it('a part that could not be read stays as it was, and what has not changed is no news (UI-WATCH-2, UI-WATCH-3)', async () => {
  const readings: Parts[] = [
    { list: [1], status: 1 },
    { list: null, status: 2 },
    { list: [1], status: 3 },
  ]
  const { seen, watch } = counted(() => readings[seen.reads - 1] ?? { status: 4 })
  const news: string[][] = []
  const leave = watch.subscribe((names) => {
    news.push([...names])
  })
  await until('all', () => seen.reads > 4)
  leave()
  expect(news.slice(0, 3)).toEqual([['list', 'status'], ['status'], ['status']])
  expect(watch.parts.get('list')).toBe('[1]')
})
