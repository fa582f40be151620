/** A Temporal server that hangs: whether it has the generation is unknown, and sending it again is safe. */
import pino from 'pino'
import { createHoldfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { startSimulator } from '../../src/simulator'
import { startEmbedded } from '../../src/worker/embedded'
import { holdfastError, twoProviders } from '../helpers/stack'

it('a start that the server does not confirm is not said to be accepted, and its repetition under one key is paid once', async () => {
  const simulator = await startSimulator({ script: { alpha: [{ answer: 'paid once' }] } })
  const config = parseConfig(twoProviders(simulator.url))
  const { holdfast, temporal, server, close } = await startEmbedded({
    config,
    env: {},
    server: {},
    logger: pino({ level: 'silent' }),
  })
  const apart = await createHoldfast({ config, env: { TEMPORAL_ADDRESS: temporal.address } })
  const pid = server?.pid ?? 0
  try {
    // Both connections are there before the server hangs.
    for (const client of [holdfast, apart]) await client.generate({ prompt: 'warm up' })
    simulator.reset()
    process.kill(pid, 'SIGSTOP')
    const request = { prompt: 'pay once', idempotencyKey: 'order-1' }
    const errors = await Promise.all([
      holdfastError(holdfast.start(request)),
      holdfastError(apart.start(request)),
    ])
    // `false` where the question before it had no answer: then nothing was sent.
    for (const { kind, accepted } of errors) {
      expect(kind).toBe('unavailable')
      expect([false, 'unknown']).toContain(accepted)
    }
    process.kill(pid, 'SIGCONT')
    const [first, second] = await Promise.all([holdfast.generate(request), apart.generate(request)])
    expect(second.id).toBe(first.id)
    expect(simulator.calls()).toHaveLength(1)
  } finally {
    process.kill(pid, 'SIGCONT')
    await apart.close()
    await close()
    await simulator.close()
  }
}, 60_000)
