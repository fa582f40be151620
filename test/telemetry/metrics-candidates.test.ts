/** Which targets a route has, for alerts that need all of them. */
import { parseConfig } from '../../src/config'
import { createMetrics } from '../../src/telemetry/metrics'

const CONFIG = `
providers:
  a: { api: openai-chat, baseUrl: http://127.0.0.1:1/v1, auth: none }
  b: { api: openai-chat, baseUrl: http://127.0.0.1:1/v1, auth: none }
routes:
  one: { candidates: [a/m, b/m], shadow: { target: b/shadow, share: 1% } }
  two: { candidates: [b/m] }
`

it('a process that calls providers names the candidates of each route, and no shadow', async () => {
  const metrics = createMetrics()
  metrics.calls(parseConfig(CONFIG), {})
  const lines = (await metrics.text())
    .split('\n')
    .filter((line) => line.startsWith('holdfast_route_candidate'))
  expect(lines).toEqual([
    'holdfast_route_candidate{route="one",target="a/m"} 1',
    'holdfast_route_candidate{route="one",target="b/m"} 1',
    'holdfast_route_candidate{route="two",target="b/m"} 1',
  ])
})
