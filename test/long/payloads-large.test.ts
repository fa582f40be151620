/** Requests and answers that are too large for Temporal, over a payload store on disk. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { type ErrorBody, gatewayOver, jsonOf, type TestGateway } from '../helpers/gateway'
import { eventTypes, holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

const folder = mkdtempSync(path.join(tmpdir(), 'payloads-'))
const config = (url: string) => `
${twoProviders(url, 'deadline: 30s')}
  race: { candidates: [alpha/model-a, beta/model-b], strategy: race }
  small: { candidates: [alpha/model-a], deadline: 4s, maxDeadline: 4s }
payloads: { store: disk, path: ${folder}, over: 64KB }
`

let stack: Stack
let gateway: TestGateway
beforeAll(async () => {
  stack = await startStack({ config })
  gateway = await gatewayOver(stack, config)
}, 60_000)
afterAll(async () => {
  await gateway?.close()
  await stack?.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => stack.simulator.reset())

/** What stands in the store, by content. */
const objects = (): Buffer[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name)))

const historyBytes = async (id: string): Promise<number> => {
  const { historySize } = await stack.client.workflow.getHandle(id).describe()
  return Number(historySize ?? 0)
}

const MIB = 1024 * 1024
const image = (bytes: number): string => randomBytes((bytes * 3) / 4).toString('base64')
const imagesOf = (bytes: number) => [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'What is this?' },
      ...Array.from({ length: 4 }, () => ({
        type: 'image_url',
        image_url: { url: `data:image/png;base64,${image(bytes / 4)}` },
      })),
    ],
  },
]

it('20 MiB of images through the gateway are answered by the second candidate, and stand once in the store and not in the history', async () => {
  stack.simulator.script('alpha', [{ status: 503 }])
  stack.simulator.script('beta', [{ answer: 'four images' }])
  const before = objects().length
  const response = await gateway.post('/v1/chat/completions', {
    model: 'default',
    messages: imagesOf(20 * MIB),
  })
  expect(response.status).toBe(200)
  const id = response.headers.get('x-holdfast-generation') ?? ''
  expect(await jsonOf(response)).toMatchObject({ choices: [{ message: { content: 'four images' } }] })
  expect(stack.simulator.calls().map(({ provider }) => provider)).toEqual(['alpha', 'alpha', 'beta'])
  expect(objects().length - before).toBe(1)
  expect(await historyBytes(id)).toBeLessThan(20_000)
  // The generation's twelve events, and a fallback's.
  expect((await eventTypes(stack.client, id)).length).toBeLessThanOrEqual(18)
  const request = await stack.holdfast.request(id)
  expect(request.stored).toBeUndefined()
  expect(JSON.stringify(request).length).toBeGreaterThan(20 * MIB)
}, 60_000)

it('what a provider is sent is what the caller sent, byte for byte, in a race as well', async () => {
  const text = `planted ${'ü€😀'.repeat(40_000)}`
  const { id } = await stack.holdfast.generate({ route: 'race', prompt: text })
  const [call] = stack.simulator.calls({ provider: 'alpha' })
  expect(JSON.stringify(call?.body)).toContain(text.slice(0, 100_000))
  expect(await stack.holdfast.request(id)).toMatchObject({ messages: [{ role: 'user', content: text }] })
})

it('a request below the bound stands in the history, and nothing in the store', async () => {
  const before = objects().length
  await stack.holdfast.generate({ prompt: 'x'.repeat(60_000) })
  expect(objects().length).toBe(before)
})

it('a large answer is carried too: a text of 3 MiB comes back whole, from the workflow’s result as well', async () => {
  const answer = 'long '.repeat((3 * MIB) / 5)
  stack.simulator.script('alpha', [{ answer }])
  const { id, text, attempts } = await stack.holdfast.generate({ prompt: 'at length' })
  expect(text).toBe(answer)
  expect(attempts).toHaveLength(1)
  expect((await stack.holdfast.result(id)).text).toBe(answer)
  expect(await historyBytes(id)).toBeLessThan(20_000)
}, 30_000)

it('over 25 MiB is refused before anything is stored, and so is a stored request that a caller names', async () => {
  const before = objects().length
  const large = await holdfastError(stack.holdfast.generate({ prompt: 'x'.repeat(26 * MIB) }))
  expect(large).toMatchObject({ kind: 'invalid_request', accepted: false })
  expect(large.message).toMatch(/the most is 26214400$/)
  const stored = { store: 'holdfast.disk', key: 'k', bytes: 1, characters: 1, images: false, inputTokens: 1 }
  const forged = await gateway.post('/v1/generations', { prompt: 'whose?', stored })
  expect(forged.status).toBe(400)
  const own = stack.holdfast.generate({ prompt: 'whose?', stored } as never)
  expect(await holdfastError(own)).toMatchObject({ kind: 'invalid_request' })
  expect(objects().length).toBe(before)
})

it('a store that can not be written: the request was not accepted, and no provider was called', async () => {
  const moved = `${folder}-away`
  renameSync(folder, moved)
  writeFileSync(folder, 'no folder')
  try {
    const error = await holdfastError(stack.holdfast.generate({ prompt: 'x'.repeat(100_000) }))
    expect(error).toMatchObject({ kind: 'unavailable', accepted: false })
    expect(error.message).toMatch(/^The request could not be stored: the payload store on disk .* refuses/)
    const response = await gateway.post('/v1/generations', { prompt: 'x'.repeat(100_000) })
    expect([response.status, (await jsonOf<ErrorBody>(response)).error.holdfast?.accepted]).toEqual([
      503,
      false,
    ])
    expect(stack.simulator.calls()).toEqual([])
  } finally {
    rmSync(folder)
    renameSync(moved, folder)
  }
})

it('a request that is gone from the store ends the generation in words: nothing tries for ever', async () => {
  const { holdfast: own, taskQueue } = stack
  // It stores where the worker does not look.
  const elsewhere = mkdtempSync(path.join(tmpdir(), 'payloads-elsewhere-'))
  const { address, namespace } = testServer()
  const holdfast = await createInternalHoldfast({
    config: parseConfig(config(stack.simulator.url).replace(folder, elsewhere)),
    env: { TEMPORAL_ADDRESS: address },
    namespace,
    taskQueue,
  })
  try {
    const { id } = await holdfast.start({ route: 'small', prompt: 'x'.repeat(100_000) })
    const error = await holdfastError(own.result(id))
    expect(error).toMatchObject({ kind: 'all_failed', accepted: true })
    expect(error.attempts).toMatchObject([{ failure: { class: 'internal_error' }, unbilled: true }])
    expect(error.message).toMatch(/is gone from the payload store/)
    expect(stack.simulator.calls()).toEqual([])
    expect(await holdfastError(own.request(id))).toMatchObject({ kind: 'not_found' })
  } finally {
    await holdfast.close()
    rmSync(elsewhere, { recursive: true, force: true })
  }
})
