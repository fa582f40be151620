/** SDK-1: whatever becomes of the SDK's exporter, its text is there or is empty, soon. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { sdkMetrics } from '../../../src/telemetry/metrics/sdk'

let taken: Server | null = null
afterEach(() => {
  taken?.close()
  taken?.closeAllConnections()
  taken = null
})

const portOf = (address: string): number => Number(address.split(':').at(-1))

it('names a port of loopback that is free, and the names that Prometheus wants', async () => {
  const { telemetryOptions } = await sdkMetrics()
  expect(telemetryOptions.metrics).toMatchObject({
    prometheus: { bindAddress: expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/), countersTotalSuffix: true },
  })
})

it('where nobody listens the text is empty', async () => {
  expect(await (await sdkMetrics()).text()).toBe('')
})

it.each([
  ['something else', 'no metrics at all'],
  ["another program's metrics", '# TYPE other_total counter\nother_total 1\n'],
])('where %s listens the text is empty', async (_, body) => {
  const { telemetryOptions, text } = await sdkMetrics()
  const { prometheus } = telemetryOptions.metrics as { prometheus: { bindAddress: string } }
  taken = createServer((__, response) => response.end(body)).listen(
    portOf(prometheus.bindAddress),
    '127.0.0.1',
  )
  await once(taken, 'listening')
  expect(await text()).toBe('')
})
