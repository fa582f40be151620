/** The latest generations, and the timeline of the one that is open. Rows as `holdfast explain` has them (src/history/run-story.ts). */
import { el, keyed, text } from './dom.mjs'
import { ask, reasonOf } from './live.mjs'
import { age, clock, count, dollars, span, worded } from './words.mjs'

const TONES = { answered: 'good', running: 'waiting', cancelled: 'plain' }
const FOLLOW_MS = 1_500

export const FILTERS = {
  All: () => true,
  Running: (one) => one.outcome === 'running',
  'Not answered': (one) => one.outcome !== 'answered' && one.outcome !== 'running',
  'Past a failure': (one) => one.failures.length > 0,
}

/** `tenants`: is it shown whose it is? */
export function showGenerations(list, generations, filter, tenants, now) {
  const shown = generations.filter(FILTERS[filter])
  keyed(
    list,
    shown,
    (one) => one.id,
    makeRow,
    (row, one) => updateRow(row, one, tenants, now),
  )
  return shown.length
}

const ageOf = ({ endedAt, startedAt }, now) => age(Math.max(0, now - (endedAt ?? startedAt)))

function makeRow({ id }) {
  const part = (name) => el('span', { class: name })
  const [outcome, route, target, facts, when, name] = ['pill', 'route', 'target', 'facts', 'when', 'id'].map(
    part,
  )
  const head = el(
    'button',
    { type: 'button', class: 'row-head', 'aria-expanded': 'false' },
    outcome,
    route,
    target,
    facts,
    when,
    name,
  )
  const body = el('div', { class: 'story', hidden: '' })
  const row = {
    element: el('li', { class: 'generation' }, head, body),
    outcome,
    route,
    target,
    facts,
    when,
    name,
    head,
    body,
    one: null,
    timer: 0,
    asked: 0,
  }
  head.addEventListener('click', () => toggle(row, id))
  return row
}

function updateRow(row, one, tenants, now) {
  const ended = row.one !== null && row.one.outcome === 'running' && one.outcome !== 'running'
  row.one = one
  text(row.outcome, worded(one.outcome))
  row.outcome.className = `pill ${TONES[one.outcome] ?? 'bad'}`
  text(row.route, one.route ?? 'no route known')
  const from = { cache: 'from the cache', stale: 'from the cache, in place of an error' }[one.served]
  text(row.target, from ?? one.target ?? '')
  text(
    row.facts,
    [
      ...(one.attempts === null ? [] : [count(one.attempts, 'attempt')]),
      span(Math.max(0, (one.endedAt ?? now) - one.startedAt)),
      ...(one.costUsd === null ? [] : [dollars(one.costUsd)]),
      ...(one.failures.length === 0 ? [] : [`past ${one.failures.map(worded).join(', ')}`]),
      ...(tenants && one.tenant !== null ? [one.tenant] : []),
    ].join(' · '),
  )
  text(row.when, one.endedAt === null ? `started ${ageOf(one, now)}` : ageOf(one, now))
  text(row.name, one.id)
  if (ended && !row.body.hidden) load(row, one.id)
}

function toggle(row, id) {
  const open = row.body.hidden
  row.body.hidden = !open
  row.head.setAttribute('aria-expanded', String(open))
  clearTimeout(row.timer)
  if (!open) return
  row.body.replaceChildren(el('p', { class: 'none' }, 'Reading its history…'))
  load(row, id)
}

/** Again while it runs and is looked at. */
async function load(row, id) {
  clearTimeout(row.timer)
  row.asked += 1
  const { asked } = row
  const shown = await ask(`/ui/generations/${encodeURIComponent(id)}`)
    .then(async (response) =>
      response.ok
        ? storyOf(await response.json())
        : { nodes: [problem(await reasonOf(response))], again: response.status >= 429 },
    )
    .catch(() => ({ nodes: [problem('The gateway does not answer')], again: true }))
  if (asked !== row.asked || row.body.hidden || !row.element.isConnected) return
  row.body.replaceChildren(...shown.nodes)
  if (shown.again) row.timer = setTimeout(() => load(row, id), FOLLOW_MS)
}

const problem = (words) => el('p', { class: 'notice' }, words)

function storyOf({ verdict, tone, facts, rows, next, totalMs, running, webUrl, leftOut }) {
  const nodes = [
    el('p', { class: `verdict ${tone}` }, verdict),
    ...(next === null ? [] : [el('p', { class: 'next' }, next)]),
    el('ul', { class: 'known' }, ...facts.map((fact) => el('li', {}, fact))),
    ...(leftOut === 0
      ? []
      : [
          el(
            'p',
            { class: 'none' },
            `${count(leftOut, 'row')} between the first and the latest ${leftOut === 1 ? 'is' : 'are'} left out`,
          ),
        ]),
    el('ol', { class: 'timeline' }, ...rows.map((row) => timelineRow(row, totalMs))),
    ...(/^https?:\/\//.test(webUrl)
      ? [
          el(
            'p',
            {},
            el('a', { href: webUrl, target: '_blank', rel: 'noreferrer noopener' }, 'Temporal Web UI'),
          ),
        ]
      : []),
  ]
  return { nodes, again: running }
}

function timelineRow(
  { kind, tone, at, offsetMs, durationMs, ongoing, subject, text: words, details },
  totalMs,
) {
  const bar = el('b', { class: ongoing ? 'bar ongoing' : 'bar' })
  const left = share(offsetMs, totalMs)
  bar.style.left = `min(${left}%, 100% - 3px)`
  bar.style.width = `${Math.min(100 - left, share(durationMs, totalMs))}%`
  const took =
    durationMs === 0 ? '' : el('span', { class: 'took' }, `${span(durationMs)}${ongoing ? ' …' : ''} `)
  const more =
    details.length === 0
      ? ''
      : el(
          'details',
          {},
          el('summary', {}, 'more'),
          el('ul', {}, ...[clock(at), ...details].map((one) => el('li', {}, one))),
        )
  return el(
    'li',
    { class: `step ${kind} ${tone}` },
    el('span', { class: 'at' }, `+${span(offsetMs)}`),
    el('span', { class: 'subject' }, subject),
    el('span', { class: 'track', 'aria-hidden': 'true' }, bar),
    el('div', { class: 'words' }, took, words, more),
  )
}

const share = (ms, totalMs) => (totalMs === 0 ? 0 : Math.min(100, Math.max(0, (ms / totalMs) * 100)))
