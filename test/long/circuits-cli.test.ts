/** `holdfast circuits` as a process, against real workers: what it prints, and what its commands do. Needs `npm run build`. */
import { WorkflowNotFoundError } from '@temporalio/client'
import { circuitWorkflowId } from '../../src/contract/circuits'
import { span } from '../../src/domain/text/durations'
import { circuitConfig, phaseOf, untilPublished } from '../helpers/circuits'
import { type Command, type Commands, commands } from '../helpers/commands'
import { eventTypes, type Stack, startStack } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const TRIPS_AT = 3
const FALLBACK = 'beta/model-b'

const config = (url: string): string =>
  circuitConfig(url, {
    circuit: `consecutive: ${TRIPS_AT}, openFor: 60s`,
    more: 'waiting: { candidates: [alpha/model-a, beta/model-b], circuit: { whenAllOpen: wait } }',
  })

interface Ended {
  code: number | NodeJS.Signals
  stdout: string
  stderr: string
  /** Epoch milliseconds. */
  exitedAt: number
  tookMs: number
}

let host: Commands
let stack: Stack
beforeAll(() => {
  host = commands()
})
afterAll(() => host.close())

const open = async (): Promise<void> => {
  stack = await startStack({ workers: 2, config })
  host.file('holdfast.yaml', config(stack.simulator.url))
  for (const provider of ['alpha', 'beta']) await untilPublished(stack, provider, () => true)
}

const begin = (args: readonly string[], env: { [name: string]: string } = {}): Command =>
  host.run(['circuits', ...args], {
    TEMPORAL_ADDRESS: testServer().address,
    HOLDFAST_TASK_QUEUE: stack.taskQueue,
    ...env,
  })

async function circuits(args: readonly string[], env?: { [name: string]: string }): Promise<Ended> {
  const startedAt = Date.now()
  const command = begin(args, env)
  const code = await command.exited
  const exitedAt = Date.now()
  return { code, stdout: command.stdout(), stderr: command.stderr(), exitedAt, tookMs: exitedAt - startedAt }
}

/** One that must succeed. */
async function done(...args: string[]): Promise<Ended> {
  const ended = await circuits(args)
  if (ended.code !== 0) throw new Error(`exit ${ended.code}: ${ended.stderr}`)
  return ended
}

const ask = async (): Promise<string> => (await stack.holdfast.generate({ prompt: 'hi' })).target
const alphaCalls = () => stack.simulator.calls({ provider: 'alpha' })

async function outage(): Promise<void> {
  stack.simulator.script('alpha', [{ status: 503 }])
  while (alphaCalls().length < TRIPS_AT) await ask()
  await untilPublished(stack, 'alpha', (state) => phaseOf(state, 'model-a') === 'open')
}

/** Generates one after the other till one is answered by `target`; returns when that began, epoch milliseconds. */
async function untilAnsweredBy(target: string, limitMs = 5_000): Promise<number> {
  const startedAt = Date.now()
  for (;;) {
    const begunAt = Date.now()
    if ((await ask()) === target) return begunAt
    if (Date.now() - startedAt > limitMs) throw new Error(`never answered by ${target}`)
  }
}

const rowOf = (table: string, circuit: string): string[] => {
  const line = table.split('\n').find((one) => one.startsWith(`│ ${circuit} `)) ?? ''
  return line
    .split('│')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

describe('the list', () => {
  beforeEach(open)
  afterEach(() => stack.close())

  it('shows after an outage what is open, since and until when, and what failed', async () => {
    await outage()
    const { stdout } = await done()
    expect(rowOf(stdout, 'alpha/model-a')).toEqual([
      'alpha/model-a',
      'open',
      expect.stringMatching(/^[1-9] s ago$/),
      expect.stringMatching(/^for (5\d s|1 min) more$/),
      expect.stringMatching(/^3, last overloaded [1-9] s ago$/),
      '',
    ])
    expect(rowOf(stdout, 'alpha (account)').slice(0, 2)).toEqual(['alpha (account)', 'closed'])
    expect(rowOf(stdout, 'beta/model-b').slice(0, 2)).toEqual(['beta/model-b', 'closed'])
  })

  it('is JSON on demand, its moments in epoch milliseconds', async () => {
    const before = Date.now()
    await outage()
    const after = Date.now()
    const { at, taskQueue, providers } = JSON.parse((await done('--json')).stdout)
    expect(at).toBeGreaterThan(after)
    expect(taskQueue).toBe(stack.taskQueue)
    expect(providers.map(({ provider }: { provider: string }) => provider)).toEqual(['alpha', 'beta'])
    const [alpha] = providers
    expect(alpha).toMatchObject({ known: true, workflowId: circuitWorkflowId('alpha', stack.taskQueue) })
    const open = alpha.circuits.find(({ model }: { model: string }) => model === 'model-a')
    expect(open).toMatchObject({ target: 'alpha/model-a', state: 'open', why: null })
    expect(open.failures).toMatchObject({ count: TRIPS_AT, lastClass: 'overloaded' })
    expect(open.since).toBeGreaterThan(before)
    expect(open.since).toBeLessThan(after)
    expect(open.until - open.since).toBe(60_000)
  })

  it('shows of a hold who requested it, and until when', async () => {
    stack.simulator.script('alpha', [{ status: 429, retryAfter: 20 }])
    await ask()
    await untilPublished(stack, 'alpha', ({ circuits: { models } }) => models['model-a']?.hold != null)
    const { stdout } = await done()
    const [, state, , until, , why] = rowOf(stdout, 'alpha/model-a')
    expect([state, why]).toEqual(['held', 'rate_limited'])
    expect(until).toMatch(/^for (1\d|20) s more$/)
  })

  it('goes on without a provider whose entity has ended', async () => {
    await stack.client.workflow.getHandle(circuitWorkflowId('alpha', stack.taskQueue)).terminate()
    const { stdout } = await done()
    expect(rowOf(stdout, 'alpha')).toEqual(
      expect.arrayContaining(['unknown', expect.stringContaining('terminated')]),
    )
    expect(rowOf(stdout, 'beta (account)')[1]).toBe('closed')
  })

  it('says, and fails, where no worker ever was', async () => {
    const taskQueue = ownTaskQueue('nobody')
    const { code, stdout, stderr } = await circuits([], { HOLDFAST_TASK_QUEUE: taskQueue })
    expect(code).toBe(1)
    expect(rowOf(stdout, 'alpha')[5]).toBe(
      `never started on task queue ${taskQueue}: a worker starts it when it boots`,
    )
    expect(stderr).toContain(`is a worker running on task queue ${taskQueue}?`)
  })
})

describe('the word', () => {
  beforeEach(open)
  afterEach(() => stack.close())

  it('open: a healthy target is left alone within a second, and for all that come', async () => {
    expect(await ask()).toBe('alpha/model-a')
    const { stdout, exitedAt } = await done('open', 'alpha/model-a')
    expect(stdout).toMatch(/^alpha\/model-a: forced_open \((since [^;]+ ago; )?an operator forced it\)$/m)
    expect(stdout).toContain('Undo: holdfast circuits auto alpha/model-a')
    const begunAt = await untilAnsweredBy(FALLBACK)
    expect(begunAt - exitedAt).toBeLessThan(1_000)
    await untilAnsweredBy(FALLBACK)
    const called = alphaCalls().length
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    for (let n = 0; n < 4; n++) expect(await ask()).toBe(FALLBACK)
    expect(alphaCalls()).toHaveLength(called)
  })

  it('open of an account: none of its models is called', async () => {
    const { stdout } = await done('open', 'alpha')
    expect(stdout).toMatch(/^alpha \(account\): forced_open/m)
    await untilAnsweredBy(FALLBACK)
    const { stdout: close } = await done('close', 'alpha/model-a')
    // The model's own circuit does not help it.
    expect(close).toMatch(/^alpha \(account\): forced_open/m)
    expect(await ask()).toBe(FALLBACK)
  })

  it('close: a dead target is called again within a second, however often it fails', async () => {
    await outage()
    expect(await ask()).toBe(FALLBACK)
    const { exitedAt } = await done('close', 'alpha/model-a')
    const before = alphaCalls().length
    while (alphaCalls().length === before && Date.now() - exitedAt < 5_000) await ask()
    expect((alphaCalls()[before]?.receivedAt ?? Number.POSITIVE_INFINITY) - exitedAt).toBeLessThan(1_000)
    for (let n = 0; n < 2 * TRIPS_AT; n++) await ask()
    expect(alphaCalls()).toHaveLength(before + 1 + 2 * TRIPS_AT)
  })

  it('auto: what fails opens again by itself, and JSON has the new state', async () => {
    await outage()
    await done('close', 'alpha/model-a')
    const { circuit, account, nudged } = JSON.parse((await done('auto', 'alpha/model-a', '--json')).stdout)
    expect(circuit).toMatchObject({ target: 'alpha/model-a', state: 'closed', failures: null })
    expect(account).toMatchObject({ target: 'alpha', model: null, state: 'closed' })
    expect(nudged).toEqual({ sent: 0, problem: null })
    const before = alphaCalls().length
    const startedAt = Date.now()
    while (alphaCalls().length < before + TRIPS_AT && Date.now() - startedAt < 10_000) await ask()
    await untilPublished(stack, 'alpha', (state) => phaseOf(state, 'model-a') === 'open')
  })
})

describe('a generation that waits', () => {
  beforeEach(async () => {
    await open()
    await done('open', 'alpha/model-a')
    await done('open', 'beta')
  })
  afterEach(() => stack.close())

  /** One that waits for a circuit: earlier ones may go by a worker's older view, and be answered. */
  async function waiting(): Promise<string> {
    for (;;) {
      const { id } = await stack.holdfast.start({ route: 'waiting', prompt: 'hi' })
      const result = stack.holdfast.result(id).then(
        () => true,
        () => true,
      )
      while (!(await Promise.race([result, sleeps(id)])))
        await new Promise((resolve) => setTimeout(resolve, 20))
      if (await sleeps(id)) return id
    }
  }
  const sleeps = async (id: string): Promise<boolean> => {
    const types = await eventTypes(stack.client, id)
    return types.some((type) => type.includes('TIMER_STARTED')) && !types.some(isEnd)
  }
  const isEnd = (type: string): boolean => type.includes('EXECUTION_COMPLETED')

  it.each([
    ['close', 'beta', FALLBACK],
    ['auto', 'alpha/model-a', 'alpha/model-a'],
  ])('moves on within a second of %s %s', async (action, target, expected) => {
    const id = await waiting()
    const calledBefore = stack.simulator.calls().length
    const { stdout, exitedAt } = await done(action, target, '--json')
    expect(JSON.parse(stdout).nudged).toEqual({ sent: 1, problem: null })
    const result = await stack.holdfast.result(id)
    expect(result.target).toBe(expected)
    const [call] = stack.simulator.calls().slice(calledBefore)
    const lateMs = (call?.receivedAt ?? Number.POSITIVE_INFINITY) - exitedAt
    process.stderr.write(`${action} ${target}: called ${lateMs} ms after the command's exit\n`)
    expect(lateMs).toBeLessThan(1_000)
  })

  it('and began while the change was made is not left till it reads the circuits again, 15 s later', async () => {
    await waiting()
    const begun: Promise<{ id: string }>[] = []
    const timer = setInterval(() => begun.push(stack.holdfast.start({ route: 'waiting', prompt: 'hi' })), 100)
    const { exitedAt } = await done('close', 'alpha/model-a')
    clearInterval(timer)
    const ids = (await Promise.all(begun)).map(({ id }) => id)
    expect(ids.length).toBeGreaterThan(5)
    const results = await Promise.all(ids.map((id) => stack.holdfast.result(id)))
    const last = Math.max(
      ...results.map(({ attempts }) => attempts[0]?.startedAt ?? Number.POSITIVE_INFINITY),
    )
    expect(last - exitedAt).toBeLessThan(5_000)
  })
})

describe('what is wrong', () => {
  beforeAll(open)
  afterAll(() => stack.close())

  it.each([
    [['open', 'alhpa/model-a'], 'The config has no provider "alhpa"; did you mean "alpha/model-a"?'],
    [['close', 'bta'], 'The config has no provider "bta"; did you mean "beta"?'],
    [
      ['open', 'alpha/model-q'],
      'No route and no circuit knows "alpha/model-q"; did you mean "alpha/model-a"?',
    ],
    [['auto', 'alpha/'], '"alpha/" names no model'],
    [['open'], 'Which one? holdfast circuits open provider/model'],
    [['opne', 'alpha'], 'Allowed choices are list, open, close, auto'],
  ])('%j: says what was meant, and changes nothing', async (args, message) => {
    const { code, stderr, stdout } = await circuits(args)
    expect(stderr).toContain(message)
    expect([code, stdout]).toEqual([1, ''])
  })

  it('no Temporal: an error in time', async () => {
    const env = { TEMPORAL_ADDRESS: '127.0.0.1:1' }
    for (const args of [[], ['open', 'alpha']]) {
      const { code, stderr, tookMs } = await circuits(args, env)
      expect(stderr).toMatch(
        /^holdfast circuits: Temporal is not reachable at 127\.0\.0\.1:1: connection refused/,
      )
      expect(code).toBe(1)
      expect(tookMs).toBeLessThan(5_000)
    }
    const { stdout } = await circuits(['--json'], env)
    expect(JSON.parse(stdout).error).toMatchObject({ kind: 'unavailable', accepted: false })
  })

  it('no entity: nothing is started, and nothing changed', async () => {
    const taskQueue = ownTaskQueue('nobody')
    const { code, stderr } = await circuits(['open', 'alpha'], { HOLDFAST_TASK_QUEUE: taskQueue })
    expect(code).toBe(1)
    expect(stderr).toContain(`never started on task queue ${taskQueue}`)
    expect(stderr).toContain('Nothing was changed')
    const entity = stack.client.workflow.getHandle(circuitWorkflowId('alpha', taskQueue))
    await expect(entity.describe()).rejects.toBeInstanceOf(WorkflowNotFoundError)
  })

  it('no worker left: the list still works, a command is not confirmed', async () => {
    const gone = await startStack({ config })
    await untilPublished(gone, 'alpha', () => true)
    await gone.close()
    const env = { HOLDFAST_TASK_QUEUE: gone.taskQueue }
    const listed = await circuits([], env)
    expect(listed.code).toBe(0)
    expect(rowOf(listed.stdout, 'alpha (account)')[1]).toBe('closed')
    const { code, stderr, tookMs } = await circuits(['open', 'alpha'], env)
    expect(stderr).toContain('no worker answered within 6 s')
    expect(stderr).toContain(`Is a worker running on task queue ${gone.taskQueue}?`)
    expect(code).toBe(1)
    expect(tookMs).toBeLessThan(10_000)
    const entities = ['alpha', 'beta'].map((provider) => circuitWorkflowId(provider, gone.taskQueue))
    await Promise.all(entities.map((id) => stack.client.workflow.getHandle(id).terminate()))
  })
})

it.each([
  [1, '1 s'],
  [45_000, '45 s'],
  [59_001, '1 min'],
  [125_000, '2 min 5 s'],
  [3_600_000, '1 h'],
  [3_605_000, '1 h'],
  [187_200_000, '2 d 4 h'],
])('%d ms reads %s', (ms, text) => {
  expect(span(ms)).toBe(text)
})
