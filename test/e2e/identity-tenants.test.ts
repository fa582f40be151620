/** Whose a generation is: keys of two tenants never meet, and none gets at another's. */
import { createHoldfast, type Holdfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type Clients, clientsOf } from '../helpers/clients'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'

const COALESCING = 'cache: { ttl: 1h, coalesce: true }'
const config = (url: string): string => `cache: { store: memory }\n${twoProviders(url, COALESCING)}`

describe('tenants', () => {
  let stack: Stack
  let clients: Clients
  /** null: the client without a tenant. */
  const as = new Map<string | null, Holdfast>()
  const client = (tenant: string | null): Holdfast => {
    const holdfast = as.get(tenant)
    if (holdfast === undefined) throw new Error(`no client of ${tenant}`)
    return holdfast
  }
  beforeAll(async () => {
    stack = await startStack({ config })
    clients = clientsOf(stack, config)
    for (const tenant of ['a', 'b', 'a:b', 'a:']) as.set(tenant, await clients.open(tenant))
    as.set(null, await clients.open())
  })
  afterAll(async () => {
    await clients.close()
    await stack.close()
  })
  beforeEach(() => stack.simulator.reset())

  it('can use equal keys and bodies: five generations, no conflict', async () => {
    const { simulator } = stack
    const asking = [...as.values()].map((holdfast, index) =>
      holdfast.generate({ prompt: `body ${index}`, idempotencyKey: 'the same' }),
    )
    const ids = (await Promise.all(asking)).map(({ id }) => id)
    expect(new Set(ids).size).toBe(5)
    expect(simulator.calls()).toHaveLength(5)
  })

  it('do not meet where tenant and key are cut elsewhere', async () => {
    const [one, two] = await Promise.all([
      client('a').generate({ prompt: 'one', idempotencyKey: ':key' }),
      client('a:').generate({ prompt: 'two', idempotencyKey: 'key' }),
    ])
    expect(one.id).not.toBe(two.id)
    expect(stack.simulator.calls()).toHaveLength(2)
  })

  it('do not share what equal requests share', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ answer: 'each its own', latency: '300ms' }])
    const asking = [...as.values()].flatMap((holdfast) =>
      [1, 2].map(() => holdfast.generate({ prompt: 'equal' })),
    )
    const ids = (await Promise.all(asking)).map(({ id }) => id)
    expect(new Set(ids).size).toBe(5)
    expect(simulator.calls()).toHaveLength(5)
  })

  const strangers: [owner: string | null, stranger: string | null][] = [
    ['a', 'b'],
    ['a', null],
    ['a', 'a:b'],
    [null, 'a'],
  ]

  /** The answer to another tenant for this id, by each call. */
  async function answersTo(stranger: string | null, id: string) {
    const errors = []
    for (const call of ['result', 'attempts', 'cancel'] as const) {
      const error = await holdfastError(client(stranger)[call](id))
      const { cause, message } = error
      errors.push({
        ...error,
        cause,
        message: message.replaceAll(id, 'ID'),
        generationId: error.generationId === id,
      })
    }
    return errors
  }

  it.each(strangers)('%p has its generation for itself: to %p it never was', async (owner, stranger) => {
    const { simulator } = stack
    simulator.script('alpha', [{ answer: 'private', latency: '500ms' }])
    const { id } = await client(owner).start({ prompt: `of ${owner} not ${stranger}`, cache: 'no-cache' })
    await simulator.waitForCalls(1)
    const never = await answersTo(stranger, 'gen-that-never-was')
    expect(never).toMatchObject(Array(3).fill({ kind: 'not_found', accepted: false, cause: undefined }))
    expect(await answersTo(stranger, id)).toEqual(never)
    expect((await client(owner).result(id)).text).toBe('private')
    expect(await answersTo(stranger, id)).toEqual(never)
    expect(await client(owner).attempts(id)).toHaveLength(1)
    expect(simulator.calls()).toHaveLength(1)
  })

  it('cancel their own', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ fault: 'silent' }])
    const { id } = await client('a').start({ prompt: 'never mind' })
    await simulator.waitForCalls(1)
    await client('a').cancel(id)
    expect(await holdfastError(client('a').result(id))).toMatchObject({ kind: 'cancelled' })
  })
})

describe('a tenant', () => {
  const opened = (tenant: unknown) =>
    createHoldfast({
      config: parseConfig(twoProviders('http://127.0.0.1:9')),
      tenant: tenant as string,
      env: {},
    })

  it.each([
    ['empty', ''],
    ['of 256 characters', 'x'.repeat(256)],
    ['with half a character', 'a\ud800'],
    ['that is no text', 5],
    ['null', null],
  ])('%s is refused when the client is made', async (_what, tenant) => {
    const error = await holdfastError(opened(tenant))
    expect(error).toMatchObject({ kind: 'invalid_request', accepted: false })
    expect(error.message).toMatch(/tenant.*1 to 255 characters/)
  })

  it('of 255 characters is one', async () => {
    const holdfast = await opened('é'.repeat(255))
    await holdfast.close()
  })
})
