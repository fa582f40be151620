/** One circuit through the whole stack: what opens it, what an open one does, and how it closes again. */
import { circuitConfig, phaseOf, untilPublished } from '../helpers/circuits'
import { until } from '../helpers/sockets'
import { startStack } from '../helpers/stack'

it('opens after its failures in a row, leaves the target out, and closes by one probe; each change is logged once', async () => {
  const stack = await startStack({ config: circuitConfig })
  try {
    const { simulator, holdfast } = stack
    const ask = async () => (await holdfast.generate({ prompt: 'hi' })).target
    const published = () =>
      stack.lines().flatMap(({ event, target, to }) => (event === 'circuit' ? [`${target} ${to}`] : []))

    simulator.script('alpha', [{ status: 503 }])
    for (let n = 0; n < 6; n++) expect(await ask()).toBe('beta/model-b')
    expect(simulator.calls({ provider: 'alpha' })).toHaveLength(3)
    await untilPublished(stack, 'alpha', (state) => phaseOf(state, 'model-a') === 'open')
    expect(published()).toEqual(['alpha/model-a open'])

    simulator.reset()
    while ((await ask()) !== 'alpha/model-a') expect(simulator.calls({ provider: 'alpha' })).toEqual([])
    await untilPublished(stack, 'alpha', (state) => phaseOf(state, 'model-a') === 'closed')
    await until(() => published().length === 2)
    expect(published()).toEqual(['alpha/model-a open', 'alpha/model-a closed'])
  } finally {
    await stack.close()
  }
})
