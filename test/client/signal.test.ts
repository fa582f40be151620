/** A caller's AbortSignal. */
import { holdfastError, type Stack, startStack } from '../helpers/stack'

describe('signal', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  })
  afterAll(() => stack.close())
  beforeEach(() => stack.simulator.reset())

  it('aborted: the generation is cancelled and the provider is hung up on', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ fault: 'silent' }])
    const abort = new AbortController()
    const generating = holdfastError(holdfast.generate({ prompt: 'never mind', signal: abort.signal }))
    await simulator.waitForCalls(1)
    abort.abort()
    const error = await generating
    expect(error).toMatchObject({
      kind: 'cancelled',
      accepted: true,
      message: 'The caller aborted; the generation is cancelled',
      webUrl: expect.stringContaining(`/workflows/${error.generationId}/`),
    })
    expect(error.attempts).toMatchObject([{ target: 'alpha/model-a', failure: { class: 'cancelled' } }])
    await simulator.waitForCalls(1, { outcome: 'client_aborted' })
    expect(await holdfastError(holdfast.result(error.generationId ?? ''))).toMatchObject({
      kind: 'cancelled',
    })
  })

  it('aborted under an idempotency key: only this caller leaves', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ answer: 'still here', latency: '400ms' }])
    const abort = new AbortController()
    const request = { prompt: 'shared', idempotencyKey: `shared-${Date.now()}` }
    const leaving = holdfastError(holdfast.generate({ ...request, signal: abort.signal }))
    await simulator.waitForCalls(1)
    abort.abort()
    expect(await leaving).toMatchObject({ kind: 'cancelled', accepted: true })
    expect((await holdfast.generate(request)).text).toBe('still here')
    expect(simulator.calls()).toHaveLength(1)
  })

  it('aborted before the start: nothing was sent', async () => {
    const { simulator, holdfast } = stack
    const error = await holdfastError(holdfast.generate({ prompt: 'no', signal: AbortSignal.abort() }))
    expect(error).toMatchObject({ kind: 'cancelled', accepted: false })
    expect(simulator.calls()).toEqual([])
  })
})
