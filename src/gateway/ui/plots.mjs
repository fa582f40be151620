/** Small plots of the last minutes, as SVG. */
import { svg } from './dom.mjs'
import { percent, span } from './words.mjs'

const WIDTH = 160
const HEIGHT = 36

const frame = (label) =>
  svg('svg', {
    class: 'plot',
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': label,
  })

/** Calls as bars, their failures in another colour from the bottom up. */
export function callsPlot({ buckets, calls, failed }) {
  const most = Math.max(1, ...buckets.map((one) => one.calls))
  const step = WIDTH / buckets.length
  const label = `${calls} calls in the last minutes, ${percent(calls === 0 ? 0 : failed / calls)} failed`
  const bars = buckets.flatMap((one, index) => {
    if (one.calls === 0) return []
    const all = Math.max(2, (one.calls / most) * HEIGHT)
    const bad = one.failed === 0 ? 0 : Math.max(2, (one.failed / one.calls) * all)
    const bar = (kind, y, height) =>
      svg('rect', { class: kind, x: index * step + 0.75, y, width: step - 1.5, height })
    return [bar('good', HEIGHT - all, all - bad), ...(bad === 0 ? [] : [bar('bad', HEIGHT - bad, bad)])]
  })
  const plot = frame(label)
  plot.append(...bars)
  return plot
}

/** p95 as a line with p50 below it; where nothing answered the line is broken. */
export function latencyPlot({ buckets, p50Ms, p95Ms }) {
  const most = Math.max(1, ...buckets.map((one) => one.p95Ms ?? 0))
  const label =
    p50Ms === null ? 'no answers in the last minutes' : `latency: p50 ${span(p50Ms)}, p95 ${span(p95Ms)}`
  const plot = frame(label)
  plot.append(...line(buckets, 'p95Ms', most), ...line(buckets, 'p50Ms', most))
  return plot
}

function line(buckets, field, most) {
  const step = WIDTH / buckets.length
  const at = (one, index) => [index * step + step / 2, HEIGHT - 2 - (one[field] / most) * (HEIGHT - 4)]
  const runs = []
  let run = []
  buckets.forEach((one, index) => {
    if (one[field] !== null) run.push(at(one, index))
    else if (run.length > 0) {
      runs.push(run)
      run = []
    }
  })
  if (run.length > 0) runs.push(run)
  return runs.map((points) => {
    // One point alone would be no line.
    const [[x, y]] = points
    const drawn =
      points.length > 1
        ? points
        : [
            [x - step / 2, y],
            [x + step / 2, y],
          ]
    return svg('polyline', {
      class: field,
      points: drawn.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' '),
    })
  })
}
