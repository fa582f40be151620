/** `holdfast batch` as a command, on a real server. */

import { runBatch } from '../../src/batch'
import { createHoldfast } from '../../src/client'
import { batchLine, batchText, customIdOf, resultsOf } from '../helpers/batch'
import { type Commands, commands } from '../helpers/commands'
import { expectComplete, runKilledBatch } from '../helpers/killed-batch'
import { type Stack, startStack } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

const oneProvider = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
defaults: { circuit: false }
routes:
  default: { candidates: [alpha/model-a], retry: { maximumAttempts: 1 } }
`

describe('a batch of 80 lines', () => {
  it('whose command and one of whose workers are killed is complete and in order, and nothing is paid twice', async () => {
    const scenario = { lines: 80, concurrency: 20, workersDieAt: [20], commandDiesAt: [40] }
    expectComplete(scenario, await runKilledBatch(scenario))
  }, 240_000)
})

describe('the command', () => {
  let stack: Stack
  let host: Commands
  beforeAll(async () => {
    stack = await startStack({ config: oneProvider })
    host = commands()
    host.file('holdfast.yaml', oneProvider(stack.simulator.url))
  }, 60_000)
  afterAll(async () => {
    await host?.close()
    await stack?.close()
  })
  beforeEach(() => stack.simulator.reset())

  const batch = (...args: string[]) =>
    host.run(['batch', ...args], {
      TEMPORAL_ADDRESS: testServer().address,
      HOLDFAST_TASK_QUEUE: stack.taskQueue,
    })

  it('stopped by SIGINT leaves what is in flight to Temporal, and run again has its answers', async () => {
    const { simulator } = stack
    simulator.script('alpha', [
      { answer: 'first', times: 4 },
      { answer: 'later', latency: '1500ms' },
    ])
    host.file('stopped.jsonl', batchText(12))
    const command = batch('stopped.jsonl', 'stopped.out', '--concurrency', '4')
    await simulator.waitForCalls(8, {}, 20_000)
    command.kill('SIGINT')
    const stoppedAt = Date.now()
    expect(await command.exited).toBe(130)
    expect(Date.now() - stoppedAt).toBeLessThan(1_400)
    expect(command.stdout()).toContain('4 of 12 lines answered, 0 failed')
    expect(command.stdout()).toContain('goes on from here')

    const again = batch('stopped.jsonl', 'stopped.out', '--json')
    expect(await again.exited).toBe(0)
    expect(JSON.parse(again.stdout())).toMatchObject({
      lines: 12,
      answered: 12,
      failed: 0,
      kept: 4,
      complete: true,
    })
    expect(again.stderr()).toMatch(/^12\/12 \(100%\) · 0 failed$/m)
    expect(simulator.calls()).toHaveLength(12)
    const texts = resultsOf(`${host.folder}/stopped.out`).map(
      ({ response }) => response?.body.choices?.[0]?.message.content,
    )
    expect(texts).toEqual([...Array(4).fill('first'), ...Array(8).fill('later')])
  }, 60_000)

  it('has exit code 1 when lines failed, and sends only these again with --retry-failed', async () => {
    stack.simulator.script('alpha', [{ status: 503, times: 1 }, { answer: 'well' }])
    host.file('failing.jsonl', `${JSON.stringify(batchLine(1))}\n${JSON.stringify(batchLine(2))}\n`)
    const first = batch('failing.jsonl', 'failing.out', '--concurrency', '1')
    expect(await first.exited).toBe(1)
    expect(first.stdout()).toContain('1 of 2 lines answered, 1 failed')
    const [failed, answered] = resultsOf(`${host.folder}/failing.out`)
    expect(failed).toMatchObject({
      custom_id: customIdOf(1),
      response: { status_code: 503, body: { error: { code: 'all_failed' } } },
      error: { code: 'all_failed' },
    })
    expect(answered).toMatchObject({
      response: { status_code: 200, body: { object: 'chat.completion' } },
      error: null,
    })

    const again = batch('failing.jsonl', 'failing.out', '--retry-failed')
    expect(await again.exited).toBe(0)
    expect(resultsOf(`${host.folder}/failing.out`).map(({ error }) => error)).toEqual([null, null])
    expect(stack.simulator.calls()).toHaveLength(3)
  }, 60_000)

  it('that can’t begin says why, with an exit code of its own', async () => {
    host.file('one.jsonl', batchText(1))
    host.file('letter.out', 'Dear all,\n')
    const missing = batch('none.jsonl', 'none.out')
    const foreign = batch('one.jsonl', 'letter.out', '--json')
    const nowhere = host.run(['batch', 'one.jsonl', 'one.out'], { TEMPORAL_ADDRESS: '127.0.0.1:1' })
    expect(await Promise.all([missing, foreign, nowhere].map(({ exited }) => exited))).toEqual([2, 2, 2])
    expect(missing.stderr()).toContain('none.jsonl')
    expect(JSON.parse(foreign.stdout()).error.message).toContain('letter.out is not a result of this input')
    expect(nowhere.stderr()).toContain('127.0.0.1:1')
  }, 60_000)
})

describe('a batch that fills the only slot of a worker', () => {
  const LINES = 40

  it('lets a request through that somebody waits for, ahead of most of what it has waiting', async () => {
    const stack = await startStack({ config: oneProvider, slots: 1 })
    const host = commands()
    const { simulator } = stack
    const caller = await createHoldfast({
      config: host.file('holdfast.yaml', oneProvider(simulator.url)),
      env: { TEMPORAL_ADDRESS: testServer().address },
      taskQueue: stack.taskQueue,
    })
    try {
      simulator.script('alpha', [{ answer: 'done', latency: '50ms' }])
      const begun = runBatch({
        input: host.file('in.jsonl', batchText(LINES)),
        output: `${host.folder}/out.jsonl`,
        open: stack.holdfast.open,
        concurrency: LINES,
        retryFailed: false,
        signal: new AbortController().signal,
        onBegin: () => undefined,
      })
      await simulator.waitForCalls(5)
      const before = simulator.calls().length
      await caller.generate({ prompt: 'somebody waits' })
      const ahead =
        simulator.calls().findIndex(({ body }) => JSON.stringify(body).includes('somebody waits')) - before
      expect(before).toBeLessThan(15)
      expect(ahead).toBeLessThan(12)
      expect(await begun).toMatchObject({ answered: LINES, failed: 0 })
    } finally {
      await caller.close()
      await host.close()
      await stack.close()
    }
  }, 60_000)
})
