/** A cluster whose operator registered the search attributes of 0.1.0-alpha.1, and has not registered the later ones yet. */
import { LATER_ATTRIBUTES, START_ONLY_ATTRIBUTES } from '../../src/contract/search-attributes'
import { connectNative } from '../../src/temporal/native-connection'
import { checkSearchAttributes, registerMissing } from '../../src/temporal/search-attributes'
import { type PlainServer, startPlainServer } from '../helpers/plain-server'
import { until } from '../helpers/processes'
import { type Stack, startStack, twoProviders } from '../helpers/stack'

/** In the order of the table. */
const LACKING = [...LATER_ATTRIBUTES, ...START_ONLY_ATTRIBUTES]

const config = (url: string): string =>
  `${twoProviders(url)}models: { alpha/model-a: { inputPerMillion: 3, outputPerMillion: 15 } }
metadata: { searchable: [ticket] }\n`

let server: PlainServer
let stack: Stack
beforeAll(async () => {
  server = await startPlainServer()
  await registerEarlier()
  stack = await startStack({ config, server })
}, 90_000)
afterAll(async () => {
  await stack?.close()
  await server?.stop()
})

/** As its operator did, by hand. */
async function registerEarlier(): Promise<void> {
  const { address, namespace } = server
  const connection = await connectNative({ address, namespace, connection: {} })
  try {
    await registerMissing(connection, namespace)
    const searchAttributes = LACKING
    await connection.operatorService.removeSearchAttributes({ namespace, searchAttributes })
    await until('the later ones are gone', async () => {
      const check = await checkSearchAttributes(connection, namespace)
      return !check.ok && check.missing.length === LACKING.length
    })
  } finally {
    await connection.close()
  }
}

it('gets the attributes that it knows, and its worker says what is missing and how to register it', async () => {
  const { id } = await stack.holdfast.generate({ prompt: 'hi', metadata: { ticket: '7' } })
  expect((await stack.holdfast.status(id)).metadata).toEqual({ ticket: '7' })
  const { typedSearchAttributes } = await stack.client.workflow.getHandle(id).describe()
  const written = typedSearchAttributes.getAll().map(({ key }) => key.name)
  expect(written).toEqual(expect.arrayContaining(['HoldfastRoute', 'HoldfastOutcome', 'HoldfastAttempts']))
  expect(written.filter((name) => LACKING.includes(name as never))).toEqual([])
  const line = stack.lines().find(({ event }) => event === 'search_attributes_missing')
  expect(line).toMatchObject({ missing: LACKING })
  expect(String(line?.msg)).toContain('generations run without these. Register them: temporal operator')
})

it('is not blocked by a client of an earlier version, which knows nothing of the later ones', async () => {
  const { client, holdfast, taskQueue } = stack
  const { id } = await holdfast.generate({ prompt: 'as a template' })
  const { events } = await client.workflow.getHandle(id).fetchHistory()
  const started = events?.[0]?.workflowExecutionStartedEventAttributes
  const input = JSON.parse(Buffer.from(started?.input?.payloads?.[0]?.data ?? []).toString())
  expect(input.searchAttributes).toBe(true)
  const workflowId = `gen-earlier-${taskQueue}`
  const earlier = { ...input, id: workflowId, searchAttributes: true }
  const result = client.workflow.execute('generation', { workflowId, taskQueue, args: [earlier] })
  await expect(result).resolves.toMatchObject({ served: 'provider' })
})
