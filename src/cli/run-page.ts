/**
 * A run's story as one self-contained page: nothing is loaded, no script runs. Readable on a phone, light and dark.
 *
 * RUN-PAGE-1 All text is escaped: a provider's words and a caller's names stand in it.
 */
import type { Story, StoryRow } from '../history/run-story'
import { clock, lasted } from '../history/run-words'

const TICKS = [0, 0.25, 0.5, 0.75, 1]

/** @param webUrl the run in the Temporal Web UI; null: not known */
export function runPage(story: Story, webUrl: string | null): string {
  const { id, verdict, tone, facts, rows, next, totalMs } = story
  const link = webUrl === null ? '' : `<p><a href="${escaped(webUrl)}">Temporal Web UI</a></p>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(`${id}: ${verdict}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escaped(id)}</h1>
<p class="verdict ${tone}">${escaped(verdict)}</p>
${next === null ? '' : `<p class="next"><b>Next:</b> ${escaped(next)}</p>`}
<ul class="facts">${facts.map((fact) => `<li>${escaped(fact)}</li>`).join('')}</ul>
${link}
</header>
<main>
<div class="row axis" aria-hidden="true"><span></span><span></span><span class="track">${TICKS.map((share) => tick(share, totalMs)).join('')}</span><span></span></div>
<ol>
${rows.map((row) => rowHtml(row, totalMs)).join('\n')}
</ol>
</main>
</body>
</html>`
}

const tick = (share: number, totalMs: number): string =>
  `<i style="left:${share * 100}%">${escaped(share === 0 ? '0' : lasted(totalMs * share))}</i>`

function rowHtml(
  { kind, at, offsetMs, durationMs, ongoing, tone, subject, text, details }: StoryRow,
  totalMs: number,
) {
  const left = percent(offsetMs, totalMs)
  const width = Math.min(100 - left, percent(durationMs, totalMs))
  const took =
    durationMs === 0 ? '' : `<span class="took">${escaped(lasted(durationMs))}${ongoing ? ' …' : ''}</span>`
  const more =
    details.length === 0
      ? ''
      : `<details><summary>more</summary><ul>${[clock(at), ...details].map((one) => `<li>${escaped(one)}</li>`).join('')}</ul></details>`
  return `<li class="row ${kind} ${tone}"><span class="at">+${escaped(lasted(offsetMs))}</span><span class="subject">${escaped(subject)}</span><span class="track"><b class="bar${ongoing ? ' ongoing' : ''}" style="left:min(${left}%, 100% - 3px);width:${width}%"></b></span><div class="text">${took}${escaped(text)}${more}</div></li>`
}

const percent = (ms: number, totalMs: number): number =>
  totalMs === 0 ? 0 : Math.round(Math.min(1, Math.max(0, ms / totalMs)) * 10_000) / 100

const ENTITIES: { [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** RUN-PAGE-1 */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one)

const STYLE = `
:root { --text: #1c2024; --soft: #60646c; --ground: #fcfcfd; --line: #d9d9e0; --good: #218358; --bad: #c62a2f; --waiting: #b58300; --plain: #6b7280 }
@media (prefers-color-scheme: dark) { :root { --text: #edeef0; --soft: #b0b4ba; --ground: #111113; --line: #363a3f; --good: #3dd68c; --bad: #ff6369; --waiting: #f1a10d; --plain: #9ca3af } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 82rem; padding: 1rem; font: 16px/1.45 system-ui, sans-serif; color: var(--text); background: var(--ground) }
h1 { font: 600 1rem/1.4 ui-monospace, monospace; margin: 0; overflow-wrap: anywhere }
a { color: inherit }
.verdict { font-size: 1.25rem; font-weight: 600; margin: .3rem 0; color: var(--tone); overflow-wrap: anywhere }
.next { border: 1px solid var(--waiting); border-radius: .5rem; padding: .6rem .8rem; margin: .6rem 0 }
.facts { list-style: none; margin: .4rem 0; padding: 0; color: var(--soft); font-size: .875rem; overflow-wrap: anywhere }
.good { --tone: var(--good) } .bad { --tone: var(--bad) } .waiting { --tone: var(--waiting) } .plain { --tone: var(--plain) }
ol { list-style: none; margin: 0; padding: 0 }
.row { display: grid; grid-template-columns: 5.5rem 1fr; gap: .15rem .8rem; padding: .5rem 0; border-top: 1px solid var(--line) }
.at { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap }
.subject { font-weight: 600; overflow-wrap: anywhere }
.track { grid-column: 1 / -1; position: relative; height: .7rem; background: color-mix(in srgb, var(--line) 35%, transparent); border-radius: .35rem }
.bar { position: absolute; top: 0; bottom: 0; min-width: 3px; max-width: 100%; background: var(--tone); border-radius: .35rem }
.bar.ongoing { background: repeating-linear-gradient(45deg, var(--tone) 0 .4rem, transparent .4rem .6rem) }
.wait .bar { opacity: .55 }
.text { grid-column: 1 / -1; overflow-wrap: anywhere }
.took { color: var(--soft); font-variant-numeric: tabular-nums; margin-right: .6em }
.attempt.good .text, .end .text { color: var(--tone); font-weight: 600 }
.attempt.bad .text { color: var(--tone) }
details { color: var(--soft); font-weight: 400; font-size: .875rem } details ul { margin: .2rem 0; padding-left: 1.2rem }
.axis { display: none }
@media (min-width: 52rem) {
  .row { grid-template-columns: 6.5rem 13rem minmax(16rem, 1fr) 1.3fr; align-items: start }
  .track, .text { grid-column: auto } .track { margin-top: .35rem }
  .axis { display: grid; color: var(--soft); font-size: .8rem; border: 0 }
  .axis .track { background: none; height: 1rem; margin: 0 }
  .axis i { position: absolute; transform: translateX(-50%); font-style: normal; white-space: nowrap } .axis i:first-child { transform: none } .axis i:last-child { transform: translateX(-100%) }
}
`
