/** Circuits through the whole stack: what opens them, what an open one does, and how it closes again. */
import { CIRCUITS_MEMO, circuitWorkflowId, readPublished } from '../src/contract/circuits'
import { until } from './helpers/sockets'
import { type Stack, startStack } from './helpers/stack'

const config = (url: string, circuit = 'consecutive: 3, openFor: 1s', more = ''): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
routes:
  default:
    candidates: [alpha/model-a, beta/model-b]
    retry: { maximumAttempts: 1 }
    timeouts: { attempt: 2s }
    circuit: { ${circuit} }
    ${more}
`

const published = async ({ client, taskQueue }: Stack, provider: string) => {
  const { memo } = await client.workflow.getHandle(circuitWorkflowId(provider, taskQueue)).describe()
  return readPublished(memo?.[CIRCUITS_MEMO])
}

describe('one worker', () => {
  let stack: Stack
  beforeEach(async () => {
    stack = await startStack({ config })
  })
  afterEach(() => stack.close())

  it('opens after its failures in a row, leaves the target out, and comes back by one probe', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ status: 503 }])
    for (let n = 0; n < 6; n++)
      expect((await holdfast.generate({ prompt: 'hi' })).target).toBe('beta/model-b')
    expect(simulator.calls({ provider: 'alpha' })).toHaveLength(3)
    let phase: string | undefined
    await until(() => {
      void published(stack, 'alpha').then((state) => {
        phase = state?.circuits.models['model-a']?.phase.name
      })
      return phase === 'open'
    })
    simulator.script('alpha', [])
    const startedAt = Date.now()
    while ((await holdfast.generate({ prompt: 'hi' })).target !== 'alpha/model-a')
      if (Date.now() - startedAt > 5_000) throw new Error('never back')
  })
})
