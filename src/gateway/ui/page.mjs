/** The page: what has come last from the gateway, and what the viewer does. */
import { byId, el, keyed, text } from './dom.mjs'
import { FILTERS, showGenerations } from './generations.mjs'
import { ask, connect, keepKey, readKey, reasonOf } from './live.mjs'
import { isSound, showRoutes, showTargets } from './targets.mjs'
import { age, clock, count, dollars, percent, span } from './words.mjs'

/** Readings come every two seconds and may take four. */
const OLD_MS = 10_000

const state = {}
let viewer = null
let link = { name: 'connecting', reason: '' }
/** By this clock: the gateway's may be off. */
let readAt = 0
/** This clock's time less the gateway's. */
let clockAhead = 0
let filter = 'All'

const now = () => Date.now() - clockAhead

const live = connect({
  link(name, reason) {
    link = { name, reason }
    if (name === 'refused') refused(reason)
    showLink()
  },
  event(name, data) {
    if (name === 'viewer') {
      viewer = data
      clockAhead = Date.now() - data.now
    }
    if (name === 'state') {
      Object.assign(state, data)
      if (data.status !== undefined) readAt = data.status.at + clockAhead
    }
    show()
  },
})

function show() {
  byId('main').hidden = state.routes === undefined || link.name === 'refused'
  showLink()
  if (byId('main').hidden) return
  const steer = viewer?.operates ? askToSteer : null
  const circuits = showTargets(byId('targets'), state, steer, now())
  const known = state.circuits !== undefined
  text(byId('targets-lead'), known ? targetsLead(state.health?.sampled ?? 0) : 'Reading the circuits…')
  showRoutes(byId('routes'), state.routes, circuits)
  const generations = state.generations ?? []
  const shown = showGenerations(byId('generations'), generations, filter, viewer?.operates === true, now())
  text(byId('generations-lead'), generationsLead(generations.length, shown))
  showFilters(generations)
  showCosts()
  showTiles(circuits)
}

function showTiles(circuits) {
  const { counts } = state
  const unsound = [...circuits.values()].filter((circuit) => !isSound(circuit)).length
  const share = counts == null || counts.ended === 0 ? null : counts.answered / counts.ended
  const minutes = counts == null ? '' : ` in ${span(counts.windowMs)}`
  const tiles = [
    { name: 'running now', value: counts == null ? '–' : counts.running.toLocaleString('en'), tone: '' },
    { name: `ended${minutes}`, value: counts == null ? '–' : counts.ended.toLocaleString('en'), tone: '' },
    {
      name: 'of these answered',
      value: share === null ? '–' : percent(share),
      tone: share !== null && share < 1 ? 'bad' : '',
    },
    {
      name: 'circuits not closed',
      value: state.circuits === undefined ? '–' : String(unsound),
      tone: unsound > 0 ? 'bad' : '',
    },
  ]
  keyed(
    byId('tiles'),
    tiles.map((tile, index) => ({ ...tile, index })),
    (tile) => tile.index,
    () => {
      const value = el('b')
      const name = el('span', { class: 'what' })
      return { element: el('li', { class: 'tile' }, value, name), value, name }
    },
    (made, tile) => {
      text(made.value, tile.value)
      made.value.className = `value ${tile.tone}`
      text(made.name, tile.name)
    },
  )
}

function targetsLead(sampled) {
  if (sampled === 0)
    return 'Circuits as the cluster holds them. No generation of the last ten minutes has called anybody.'
  const ended = Math.max(sampled, state.counts?.ended ?? 0)
  const from =
    sampled === ended
      ? count(sampled, 'generation')
      : `${sampled.toLocaleString('en')} of ${count(ended, 'generation')}`
  return `Circuits as the cluster holds them. Calls and latency: the last ten minutes, from ${from} that ended in them.`
}

function generationsLead(all, shown) {
  if (state.generations === undefined)
    return state.status?.problem ? 'They could not be read yet.' : 'Reading…'
  if (all === 0) return 'None yet. A request to any gateway, or holdfast generate, makes the first.'
  const more = state.counts !== undefined && state.counts.running > 50 ? ', and 50 of those under way' : ''
  return shown === 0
    ? 'None of these is of that kind.'
    : `The latest that ended${more}. One opens with its attempts.`
}

function showFilters(generations) {
  keyed(
    byId('filters'),
    Object.keys(FILTERS),
    (name) => name,
    (name) => {
      const element = el('button', { type: 'button' })
      element.addEventListener('click', () => {
        filter = name
        show()
      })
      return { element }
    },
    ({ element }, name) => {
      text(element, `${name} ${generations.filter(FILTERS[name]).length}`)
      element.setAttribute('aria-pressed', String(name === filter))
    },
  )
}

function showCosts() {
  const costs = state.costs ?? { generations: 0, since: null, routes: [], tenants: [] }
  const lead =
    costs.generations === 0
      ? 'Nothing has ended yet.'
      : `Of the latest ${count(costs.generations, 'generation')} that ended, since ${clock(costs.since)}.`
  text(byId('costs-lead'), lead)
  showCost(byId('cost-routes'), costs.routes, 'no route known')
  showCost(byId('cost-tenants'), costs.tenants, 'no tenant')
}

function showCost(list, rows, unnamed) {
  const most = Math.max(...rows.map((row) => row.costUsd), Number.MIN_VALUE)
  keyed(
    list,
    rows,
    (row) => row.name,
    () => {
      const [name, sum, note] = ['name', 'sum', 'note'].map((one) => el('span', { class: one }))
      const bar = el('b', { class: 'share' })
      return {
        element: el(
          'li',
          { class: 'cost' },
          name,
          sum,
          el('span', { class: 'track', 'aria-hidden': 'true' }, bar),
          note,
        ),
        name,
        sum,
        note,
        bar,
      }
    },
    (made, row) => {
      text(made.name, row.name ?? unnamed)
      text(made.sum, dollars(row.costUsd))
      text(
        made.note,
        count(row.generations, 'generation') + (row.unknown === 0 ? '' : `, ${row.unknown} of unknown cost`),
      )
      made.bar.style.width = `${(row.costUsd / most) * 100}%`
    },
  )
}

/** Says whether what stands there is true now. */
function showLink() {
  const silentMs = Date.now() - readAt
  const old = readAt > 0 && silentMs > OLD_MS
  const problem = state.status?.problem ?? null
  const words = {
    connecting: readAt > 0 ? 'Connecting again…' : 'Connecting…',
    live:
      readAt === 0
        ? 'Connected, reading…'
        : old
          ? `Old: read ${age(silentMs)}`
          : problem === null
            ? 'Live'
            : 'Not all is current',
    lost: readAt > 0 ? `Lost: read ${age(silentMs)}` : 'No connection',
    refused: 'Key needed',
    hidden: 'Paused',
  }
  const tone =
    link.name === 'live' && !old && problem === null
      ? 'good'
      : link.name === 'connecting' || readAt === 0
        ? 'waiting'
        : 'bad'
  text(byId('link-text'), words[link.name])
  byId('link').className = tone
  document.body.classList.toggle('old', readAt > 0 && tone === 'bad')
  const lost = link.name === 'lost' ? `${upper(link.reason)}. This page tries again by itself.` : null
  const said =
    lost ??
    (link.name === 'live' && problem !== null
      ? `${upper(problem)}. What could not be read stands as it was.`
      : null)
  text(byId('problem'), said ?? '')
  byId('problem').hidden = said === null
  text(byId('who'), whoText())
}

const upper = (words) => words.charAt(0).toUpperCase() + words.slice(1).replace(/\.$/, '')

function whoText() {
  if (viewer === null || link.name === 'refused') return ''
  const { operates, operator, tenant } = viewer
  if (operator !== null) return `${operator} operates`
  if (operates) return 'no key'
  return tenant === null ? 'no key: looks only' : `tenant ${tenant}`
}

const keyDialog = byId('key-dialog')

function askKey(why) {
  text(byId('key-why'), why)
  byId('key').value = ''
  if (!keyDialog.open) keyDialog.showModal()
  byId('key').focus()
}

function refused(reason) {
  for (const name of Object.keys(state)) delete state[name]
  readAt = 0
  viewer = null
  show()
  const typed = readKey() !== ''
  keepKey('')
  askKey(
    typed
      ? `This key was refused. ${reason}`
      : 'This gateway needs a key: a tenant sees its own generations, a key to operate with all of them.',
  )
}

byId('key-button').addEventListener('click', () =>
  askKey('To open and close circuits, and to see all tenants, a key of HOLDFAST_OPERATE_KEYS is needed.'),
)
byId('key-cancel').addEventListener('click', () => keyDialog.close())
byId('key-forget').addEventListener('click', () => useKey(''))
byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault()
  useKey(byId('key').value.trim())
})

function useKey(key) {
  keyDialog.close()
  keepKey(key)
  // What another key was shown is not for this one.
  for (const name of Object.keys(state)) delete state[name]
  readAt = 0
  viewer = null
  live.restart()
  show()
}

const steerDialog = byId('steer-dialog')
let aim = null

const STEPS = {
  open: [
    'Open',
    'No call goes there until you say otherwise. Every worker with traffic knows within a second; calls in flight end as they would.',
  ],
  close: ['Close', 'Calls go through, however they fail, until you say otherwise.'],
  auto: ['Give back', 'Back to automatic: what was forced begins anew, closed; a hold is lifted.'],
}

function askToSteer(target, word) {
  aim = { target, word }
  const [name, why] = STEPS[word]
  text(byId('steer-title'), `${name} the circuit of ${target}?`)
  text(byId('steer-why'), why)
  text(byId('steer-yes'), name)
  steerDialog.showModal()
}

byId('steer-no').addEventListener('click', () => steerDialog.close())
byId('steer-form').addEventListener('submit', (event) => {
  event.preventDefault()
  steerDialog.close()
  steer(aim)
})

async function steer({ target, word }) {
  said(`${target}: ${word}…`)
  const path = target.split('/').map(encodeURIComponent).join('/')
  try {
    const response = await ask(`/v1/circuits/${path}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ to: word }),
    })
    if (!response.ok) return said(await reasonOf(response))
    const { circuit, nudged } = await response.json()
    said(
      `${target} is ${circuit.state.replaceAll('_', ' ')}${nudged.sent === 0 ? '' : `; ${count(nudged.sent, 'waiting generation')} notified`}`,
    )
  } catch {
    said('The gateway does not answer: the change may not have been made')
  }
}

function said(words) {
  text(byId('steer'), words)
  byId('steer').hidden = false
}

setInterval(show, 1_000)
