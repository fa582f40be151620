/** Workers killed with SIGKILL while a provider call is in flight. In short: test/long/worker-killed.test.ts kills more, and takes the time. */
import { killedWorkerFacts } from '../helpers/killed-worker'

describe('a worker killed while a call is in flight', () =>
  killedWorkerFacts({ workerLostMs: 2_000, kills: 2, withinMs: null }))
