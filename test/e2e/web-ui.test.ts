/** What the Web UI shows of a generation, read as it reads it: the current details by its query, summaries in the history. */
import { setTimeout as pause } from 'node:timers/promises'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'

const config = (url: string): string => `${twoProviders(url)}
  race: { candidates: [alpha/model-a, beta/model-b], strategy: race }
  hedge: { candidates: [alpha/model-a, beta/model-b], strategy: { hedge: { after: 200ms, budget: 100% } } }
  passes: { candidates: [alpha/model-a, beta/model-b], passes: 3, deadline: 10m, retry: { maximumAttempts: 1 } }
  cached: { candidates: [alpha/model-a], cache: { ttl: 1h } }
models:
  beta/model-b: { inputPerMillion: 3, outputPerMillion: 15 }
cache: { store: memory }
`

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ config })
})
afterAll(() => stack.close())
beforeEach(() => stack.simulator.reset())

const handleOf = (id: string) => stack.client.workflow.getHandle(id)

async function detailsOf(id: string): Promise<string> {
  const metadata = await handleOf(id).query<{ currentDetails: string }>('__temporal_workflow_metadata')
  return metadata.currentDetails.replaceAll('\u00a0', ' ').replace(/ +\|/g, ' |')
}

async function untilDetails(id: string, contain: string): Promise<string> {
  const details = await detailsOf(id)
  if (details.includes(contain)) return details
  await pause(50)
  return untilDetails(id, contain)
}

/** Of its timers, in order. */
async function timersOf(id: string): Promise<string[]> {
  const { events } = await handleOf(id).fetchHistory()
  return (events ?? []).flatMap(({ timerStartedEventAttributes, userMetadata }) =>
    timerStartedEventAttributes == null
      ? []
      : [JSON.parse(Buffer.from(userMetadata?.summary?.data ?? '""').toString())],
  )
}

async function attributesOf(id: string): Promise<{ [name: string]: unknown }> {
  const { typedSearchAttributes } = await handleOf(id).describe()
  return Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]))
}

it('one that waits says until when and for what, which attempts there were, and what comes next', async () => {
  const { holdfast, simulator } = stack
  simulator.script('alpha', [{ status: 429, retryAfter: '60' }])
  simulator.script('beta', [{ status: 429, retryAfter: '90' }])
  const { id } = await holdfast.start({ route: 'passes', prompt: 'waits' })
  const details = await untilDetails(id, 'Waiting')
  const [first, , next, , ...table] = details.split('\n')
  expect(first).toMatch(
    /^\*\*Waiting until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\*\* \((60 s|1 min) from .* UTC\): Retry-After of alpha\/model-a\.$/,
  )
  expect(next).toMatch(/^Next: pass 2 of 3 with alpha\/model-a, beta\/model-b\. It gives up at .* UTC\.$/)
  expect(table.slice(2).map((row) => row.split(' | ').slice(1, 6).join(' '))).toEqual([
    expect.stringMatching(/^alpha\/model-a 1 \d+ ms 429 rate_limited: .* fell back to beta\/model-b \|$/),
    expect.stringMatching(/^beta\/model-b 1 \d+ ms 429 rate_limited: .* \|$/),
  ])
  const [timer] = await timersOf(id)
  expect(timer).toMatch(/^Retry-After of alpha\/model-a, (59\.\d\d s|60\.00 s|1 min)$/)
  await holdfast.cancel(id)
  await holdfastError(holdfast.result(id))
  expect(await detailsOf(id)).toMatch(/^\*\*cancelled\*\* after .* 2 attempts\./)
})

it('one that calls says whom, and who comes next', async () => {
  const { holdfast, simulator } = stack
  simulator.script('alpha', [{ fault: 'silent' }])
  const { id } = await holdfast.start({ prompt: 'calls' })
  await simulator.waitForCalls(1)
  const details = await untilDetails(id, 'Calling')
  expect(details).toMatch(/^\*\*Calling alpha\/model-a, at most 2 calls\*\*, since /)
  expect(details).toContain('Next: beta/model-b, where it fails.')
  await holdfast.cancel(id)
  await holdfastError(holdfast.result(id))
})

it('a hedge stands below the call that was slow, with its offset, and its timer says what it is for', async () => {
  const { holdfast, simulator } = stack
  simulator.script('alpha', [{ fault: 'silent' }])
  simulator.script('beta', [{ answer: 'the hedge', latency: '100ms' }])
  const { id } = await holdfast.generate({ route: 'hedge', prompt: 'slow' })
  const [first, , , , slow, hedge] = (await detailsOf(id)).split('\n')
  expect(first).toMatch(/^\*\*Answered\*\* by beta\/model-b in .*\. 2 attempts, \$0\.\d{6}\.$/)
  expect(slow).toMatch(/^\| \+0 ms \| alpha\/model-a \| 1 \| .* hung up \|$/)
  expect(hedge).toMatch(
    /^\| \+[2-9]\d\d ms \| beta\/model-b \| 1 \| .*answered; \d+ in, \d+ out; \$0\.\d{6} \| done \|$/,
  )
  const timers = await timersOf(id)
  expect(timers[0]).toMatch(/^next candidate \(beta\/model-b\) unless one answers, (200|19\d) ms$/)
  expect(timers[1]).toBe('what the calls report that were hung up on, at most 1.00 s')
})

it('a race that was won has no failure; its cost and its time can be searched for', async () => {
  const { holdfast, simulator } = stack
  simulator.script('alpha', [{ fault: 'silent' }])
  simulator.script('beta', [{ answer: 'won', latency: '100ms' }])
  const { id } = await holdfast.generate({ route: 'race', prompt: 'race' })
  const attributes = await attributesOf(id)
  expect(attributes).toMatchObject({ HoldfastOutcome: 'answered', HoldfastAttempts: 2 })
  expect(attributes).not.toHaveProperty('HoldfastFailures')
  expect(attributes.HoldfastCostMicros).toBeGreaterThan(0)
  expect(attributes.HoldfastDurationMs).toBeGreaterThanOrEqual(100)
})

it('a hit of the cache says which entry it is and how old', async () => {
  const { holdfast } = stack
  await holdfast.generate({ route: 'cached', prompt: 'same' })
  const { id, served } = await holdfast.generate({ route: 'cached', prompt: 'same' })
  expect(served).toBe('cache')
  expect(await detailsOf(id)).toMatch(
    /^\*\*Answered from the cache\*\*: the answer of alpha\/model-a that is \d+ s old \(entry `[0-9a-f]{64}`\)\. 0 attempts\.$/,
  )
})

it('one that failed says so in its first line, with the reasons', async () => {
  const { holdfast, simulator } = stack
  simulator.script('alpha', [{ status: 503 }])
  simulator.script('beta', [{ status: 500 }])
  const { generationId } = await holdfastError(holdfast.generate({ prompt: 'nobody' }))
  expect(await detailsOf(generationId ?? '')).toMatch(
    /^\*\*all_failed\*\* after .*: All candidates failed: alpha\/model-a: overloaded: .*; beta\/model-b: server_error: .* 4 attempts\.$/m,
  )
})
