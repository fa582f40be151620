/** Large requests whose store in S3 has faults: answered when it is back and paid once, or an error that says so; never a wrong prompt. */
import { readRecordedRuns, runOf } from '../../src/client/recorded-runs'
import { waitText } from '../../src/history/run-words'
import { type FakeS3, startFakeS3 } from '../helpers/fake-s3'
import { until } from '../helpers/processes'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'

const SLOW_DOWN = { status: 503, code: 'SlowDown' }
/** What SlowDown becomes, after the store's own three tries. */
const SAID = 'the request could not be read for now: the payload store in S3 (bucket our-bucket'

let s3: FakeS3
let stack: Stack
beforeAll(async () => {
  s3 = await startFakeS3()
  stack = await startStack({
    config: (url) => `
${twoProviders(url, 'deadline: 60s')}
payloads: { store: s3, bucket: our-bucket, region: us-east-1, endpoint: "${s3.url}", over: 64KB }
`,
    env: { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' },
  })
}, 60_000)
afterAll(async () => {
  await stack.close()
  await s3.close()
})
beforeEach(() => {
  s3.reset()
  s3.objects.clear()
  stack.simulator.reset()
})

const large = (name: string): string => `${`${name} planted words `.repeat(8_000)}end of ${name}`

it('a store that asks to slow down is waited for: it is said why, and the answer is paid once and is to the whole prompt', async () => {
  const { holdfast, simulator, lines, client } = stack
  const prompt = large('slow')
  s3.fail('PUT', SLOW_DOWN, 2)
  s3.fail('GET', SLOW_DOWN)
  const { id } = await holdfast.start({ prompt })
  await until('the attempt is listed with its reason', async () => {
    const [attempt] = await holdfast.attempts(id)
    return attempt?.failure?.message.startsWith(SAID) === true && attempt.failure.message.includes('SlowDown')
  })
  const logged = lines().find((line) => line.event === 'attempt' && line.generation === id)
  expect(logged).toMatchObject({ level: 40, class: 'not_admitted', code: 'payloads' })
  expect(JSON.stringify(lines())).not.toContain('planted words')
  expect(simulator.calls()).toEqual([])
  s3.reset()
  const { target, attempts } = await holdfast.result(id)
  expect(target).toBe('alpha/model-a')
  expect(attempts.map(({ failure }) => failure?.code)).toEqual(['payloads', undefined])
  const { waits } = runOf(await readRecordedRuns(client, id))
  expect(waits.map(waitText)).toEqual(['the payload store, for the request to alpha/model-a'])
  const [call, ...others] = simulator.calls()
  expect(others).toEqual([])
  expect(call?.body).toMatchObject({ messages: [{ role: 'user', content: prompt }] })
}, 30_000)

it('a store that stays away ends the generation at its deadline, with why, and nobody was called', async () => {
  const { holdfast, simulator } = stack
  s3.fail('GET', SLOW_DOWN)
  const error = await holdfastError(
    holdfast.generate({ prompt: large('away'), override: { deadline: '2s' } }),
  )
  expect(error).toMatchObject({ kind: 'deadline_exceeded' })
  expect(error.attempts[0]?.failure?.message).toMatch(SAID)
  expect(simulator.calls()).toEqual([])
}, 30_000)

it('a request that can not be stored is refused at once, and nothing of it is begun', async () => {
  const { holdfast, simulator } = stack
  s3.fail('PUT', SLOW_DOWN)
  expect(await holdfastError(holdfast.generate({ prompt: large('refused') }))).toMatchObject({
    kind: 'unavailable',
    accepted: false,
    message: expect.stringMatching(
      /^The request could not be stored: the payload store in S3 .* HTTP 503 SlowDown$/,
    ),
  })
  expect(simulator.calls()).toEqual([])
}, 30_000)

it.each(['damaged', 'short', 'edited'] as const)(
  'an object that comes back %s ends the generation, which says so, and no provider gets a word',
  async (fault) => {
    const { holdfast, simulator } = stack
    s3.fail('GET', fault)
    const error = await holdfastError(holdfast.generate({ prompt: large(fault) }))
    expect(error.kind).toBe('all_failed')
    expect(new Set(error.attempts.map(({ failure }) => failure?.class))).toEqual(new Set(['internal_error']))
    expect(error.message).toContain('the request is damaged in the payload store')
    expect(error.message).not.toContain('planted words')
    expect(simulator.calls()).toEqual([])
  },
)
