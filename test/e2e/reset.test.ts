/** An operator resets a generation in the Web UI: its calls begin anew, in a delivery log of its own. */
import { resetRun } from '../helpers/reset'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

describe('a generation that an operator resets', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ delivery: true })
  })
  afterAll(() => stack.close())
  beforeEach(() => stack.simulator.reset())

  it('is called again where all had failed, and answered', async () => {
    const { simulator, holdfast, client } = stack
    simulator.script('alpha', [{ fault: 'server_error' }])
    simulator.script('beta', [{ fault: 'server_error' }])
    const { generationId } = await holdfastError(holdfast.generate({ prompt: 'go' }))
    simulator.reset()
    simulator.script('alpha', [{ answer: 'well again' }])
    await resetRun(client, generationId ?? '', 'first')
    expect(await holdfast.result(generationId ?? '')).toMatchObject({ text: 'well again' })
    expect(simulator.calls()).toHaveLength(1)
  })

  it('is called again where it was answered: what an operator resets is to be done anew', async () => {
    const { simulator, holdfast, client } = stack
    simulator.script('alpha', [{ answer: 'first', times: 1 }, { answer: 'second' }])
    const { id } = await holdfast.generate({ prompt: 'go' })
    await holdfast.result(id)
    await resetRun(client, id, 'first')
    expect(await holdfast.result(id)).toMatchObject({ text: 'second', target: 'alpha/model-a' })
  })
})
