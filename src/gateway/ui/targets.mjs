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

const providerOf = (target) => target.split('/', 1)[0]

/**
 * Providers with their account's circuit and their targets: all circuits, and all targets that were called.
 * `circuit` null: it has none.
 */
function providersOf({ circuits = [], health = { targets: [] } }) {
  const healths = new Map(health.targets.map((one) => [one.target, one]))
  const providers = circuits.map((provider) => {
    const { provider: name } = provider
    if (!provider.known) return { name, circuit: { state: 'unknown', why: provider.reason }, targets: [] }
    const [account, ...models] = provider.circuits
    const targets = models.map((circuit) => ({
      target: circuit.target,
      circuit,
      health: healths.get(circuit.target) ?? null,
    }))
    return { name, circuit: account, targets }
  })
  const byName = new Map(providers.map((provider) => [provider.name, provider]))
  for (const one of health.targets) {
    const provider = byName.get(providerOf(one.target))
    if (provider === undefined || provider.targets.some(({ target }) => target === one.target)) continue
    const circuit = provider.circuit.state === 'unknown' ? { state: 'unknown', why: '' } : null
    provider.targets.push({ target: one.target, circuit, health: one })
  }
  return providers
}

export const isSound = (circuit) =>
  circuit === null || circuit.state === 'closed' || circuit.state === 'watched'

/** `steer(target, word)`; null: this viewer may not. Returns each circuit by its name. */
export function showTargets(list, state, steer, now) {
  const providers = providersOf(state)
  keyed(
    list,
    providers,
    (provider) => provider.name,
    () => {
      const account = makeCircuit('div', 'h3')
      const targets = el('ul')
      return { element: el('li', { class: 'card' }, account.element, targets), account, targets }
    },
    (made, { name, circuit, targets }) => {
      updateCircuit(made.account, name, circuit, steer, now)
      keyed(
        made.targets,
        targets,
        (one) => one.target,
        makeTarget,
        (row, one) => updateTarget(row, one, steer, now),
      )
    },
  )
  return new Map(
    providers.flatMap(({ name, circuit, targets }) => [
      [name, circuit],
      ...targets.map((one) => [one.target, one.circuit]),
    ]),
  )
}

function makeCircuit(element, heading) {
  const name = el(heading, { class: 'name' })
  const pill = el('span', { class: 'pill' })
  const why = el('p', { class: 'why' })
  const actions = el('div', { class: 'actions' })
  const made = { name, pill, why, actions, target: '', steer: null }
  made.buttons = ['open', 'close', 'auto'].map((word) => {
    const button = el('button', { type: 'button', 'data-word': word }, word[0].toUpperCase() + word.slice(1))
    button.addEventListener('click', () => made.steer?.(made.target, word))
    return button
  })
  actions.append(...made.buttons)
  made.element = el(element, { class: 'circuit' }, el('div', { class: 'head' }, name, pill), why, actions)
  return made
}

function updateCircuit(made, target, circuit, steer, now) {
  made.target = target
  made.steer = steer
  text(made.name, target)
  const state = circuit?.state ?? 'no circuit'
  text(made.pill, worded(state))
  made.pill.className = `pill ${TONES[state] ?? 'plain'}`
  text(
    made.why,
    circuit === null ? 'in no route, and not under models: it is never held back' : whyOf(circuit, now),
  )
  made.why.hidden = made.why.textContent === ''
  made.actions.hidden = steer === null || circuit === null || state === 'unknown'
  for (const button of made.buttons) {
    const { word } = button.dataset
    button.setAttribute('aria-label', `${button.textContent} the circuit of ${target}`)
    button.disabled =
      (word === 'open' && state === 'forced_open') ||
      (word === 'close' && state === 'forced_closed') ||
      (word === 'auto' && (state === 'closed' || state === 'watched'))
  }
}

function makeTarget() {
  const circuit = makeCircuit('li', 'h4')
  const plots = el('div', { class: 'plots' })
  circuit.actions.before(plots)
  return { element: circuit.element, circuit, plots, drawn: '' }
}

function updateTarget(made, { target, circuit, health }, steer, now) {
  updateCircuit(made.circuit, target, circuit, steer, now)
  const drawn = JSON.stringify(health)
  if (made.drawn === drawn) return
  made.drawn = drawn
  made.plots.replaceChildren(...plotsOf(health))
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

function plotsOf(health) {
  if (health === null) return [el('p', { class: 'none' }, 'no calls in the last minutes')]
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

export function showRoutes(list, routes, circuits) {
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
  const account = circuits.get(providerOf(target))
  if (account !== undefined && !isSound(account)) return account.state
  return circuits.get(target)?.state ?? 'unknown'
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
