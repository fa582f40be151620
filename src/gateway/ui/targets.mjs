/** Targets with their circuits and how they did of late; routes with their candidates. */
import { el, keyed, text } from './dom.mjs'
import { callsPlot, latencyPlot } from './plots.mjs'
import { clock, count, percent, span, worded } from './words.mjs'

const TONES = {
  closed: 'good',
  watched: 'waiting',
  half_open: 'waiting',
  held: 'waiting',
  open: 'bad',
  forced_open: 'bad',
  forced_closed: 'waiting',
  unknown: 'plain',
}

/** All circuits and all targets that were called, as one list: `{ target, account, circuit, health }`. */
export function rowsOf({ circuits = [], health = { targets: [] } }) {
  const healths = new Map(health.targets.map((one) => [one.target, one]))
  const rows = circuits.flatMap((provider) =>
    provider.known
      ? provider.circuits.map((circuit) => ({
          target: circuit.target,
          account: circuit.model === null,
          circuit,
          health: healths.get(circuit.target) ?? null,
        }))
      : [
          {
            target: provider.provider,
            account: true,
            circuit: { state: 'unknown', why: provider.reason },
            health: null,
          },
        ],
  )
  const listed = new Set(rows.map((row) => row.target))
  const others = health.targets.filter((one) => !listed.has(one.target))
  return [
    ...rows,
    ...others.map((one) => ({ target: one.target, account: false, circuit: null, health: one })),
  ]
}

export const isSound = ({ circuit }) =>
  circuit === null || circuit.state === 'closed' || circuit.state === 'watched'

/** `steer(target, word)`; null: this viewer may not. */
export function showTargets(list, state, steer, now) {
  const rows = rowsOf(state)
  const sampled = state.health?.sampled ?? 0
  const make = (row) => makeTarget(row, steer)
  keyed(
    list,
    rows,
    (row) => row.target,
    make,
    (made, row) => updateTarget(made, row, steer !== null, now),
  )
  return { rows, sampled }
}

function makeTarget(row, steer) {
  const name = el('h3', { class: 'name' })
  const pill = el('span', { class: 'pill' })
  const why = el('p', { class: 'why' })
  const plots = el('div', { class: 'plots' })
  const actions = el('div', { class: 'actions' })
  const buttons = ['open', 'close', 'auto'].map((word) => {
    const button = el('button', { type: 'button', 'data-word': word }, word[0].toUpperCase() + word.slice(1))
    button.addEventListener('click', () => made.steer?.(row.target, word))
    return button
  })
  actions.append(...buttons)
  const element = el('li', { class: 'card' }, el('div', { class: 'head' }, name, pill), why, plots, actions)
  const made = { element, name, pill, why, plots, actions, buttons, drawn: '', steer }
  return made
}

function updateTarget(made, { target, account, circuit, health }, maySteer, now) {
  text(made.name, account ? `${target} (account)` : target)
  const state = circuit?.state ?? 'no circuit'
  text(made.pill, worded(state))
  made.pill.className = `pill ${TONES[state] ?? 'plain'}`
  text(
    made.why,
    circuit === null ? 'in no route, and not under models: it is never held back' : whyOf(circuit, now),
  )
  made.why.hidden = made.why.textContent === ''
  made.element.classList.toggle('account', account)
  const drawn = JSON.stringify(health)
  if (made.drawn !== drawn) {
    made.drawn = drawn
    made.plots.replaceChildren(...plotsOf(health, account))
  }
  const forcible = maySteer && circuit !== null && state !== 'unknown'
  made.actions.hidden = !forcible
  for (const button of made.buttons) {
    const { word } = button.dataset
    button.setAttribute('aria-label', `${button.textContent} the circuit of ${target}`)
    button.disabled =
      (word === 'open' && state === 'forced_open') ||
      (word === 'close' && state === 'forced_closed') ||
      (word === 'auto' && (state === 'closed' || state === 'watched'))
  }
}

function whyOf({ state, why, since, until, failures }, now) {
  if (state === 'unknown') return why
  const parts = [
    ...(why === null ? [] : [worded(why)]),
    ...(state === 'closed' || since === null ? [] : [`since ${clock(since)}`]),
    ...(until === null || until <= now
      ? state === 'open' || state === 'half_open'
        ? ['the next call probes it']
        : []
      : [`until ${clock(until)}, for ${span(until - now)} more`]),
    ...(failures === null || state === 'closed'
      ? []
      : [
          `${count(failures.count, 'failure')}${failures.lastClass === null ? '' : `, last ${worded(failures.lastClass)}`}`,
        ]),
  ]
  return parts.join(' · ')
}

function plotsOf(health, account) {
  if (health === null) return account ? [] : [el('p', { class: 'none' }, 'no calls in the last minutes')]
  const { calls, failed, p50Ms, p95Ms, failures } = health
  const classes = failures.map((one) => `${worded(one.class)} ${one.count}`).join(', ')
  return [
    el(
      'figure',
      {},
      callsPlot(health),
      el(
        'figcaption',
        {},
        `${count(calls, 'call')}, `,
        el('b', { class: failed > 0 ? 'bad' : '' }, `${percent(failed / calls)} failed`),
        classes === '' ? '' : `: ${classes}`,
      ),
    ),
    el(
      'figure',
      {},
      latencyPlot(health),
      el('figcaption', {}, p50Ms === null ? 'none answered' : `p50 ${span(p50Ms)} · p95 ${span(p95Ms)}`),
    ),
  ]
}

export function showRoutes(list, routes, rows) {
  const circuits = new Map(rows.map((row) => [row.target, row]))
  keyed(
    list,
    routes,
    (route) => route.name,
    () => {
      const name = el('h3', { class: 'name' })
      const how = el('p', { class: 'why' })
      const candidates = el('ol')
      return { element: el('li', { class: 'card' }, name, how, candidates), name, how, candidates, drawn: '' }
    },
    (made, route) => {
      text(made.name, route.name)
      text(made.how, howOf(route))
      const states = route.candidates.map((target) => stateOf(target, circuits))
      const drawn = JSON.stringify([route.candidates, states])
      if (made.drawn === drawn) return
      made.drawn = drawn
      made.candidates.replaceChildren(
        ...route.candidates.map((target, index) => {
          const state = states[index]
          const sound = state === 'closed' || state === 'watched'
          return el(
            'li',
            {},
            el('span', { class: `dot ${TONES[state] ?? 'plain'}`, 'aria-hidden': 'true' }),
            el('span', {}, target),
            sound ? '' : el('span', { class: 'state' }, ` ${worded(state)}`),
          )
        }),
      )
    },
  )
}

/** A call needs both circuits: the target's and its account's. */
function stateOf(target, circuits) {
  const account = circuits.get(target.slice(0, target.indexOf('/')))
  if (account !== undefined && !isSound(account)) return account.circuit.state
  return circuits.get(target)?.circuit?.state ?? 'unknown'
}

function howOf({ kind, strategy, passes, deadlineMs }) {
  const how = strategy.type === 'hedge' ? `hedge after ${span(strategy.afterMs)}` : strategy.type
  return [
    ...(kind === null ? [] : [kind]),
    how,
    count(passes, 'pass', 'passes'),
    `deadline ${span(deadlineMs)}`,
  ].join(' · ')
}
