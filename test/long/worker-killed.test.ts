/** Workers killed with SIGKILL while a provider call is in flight: five in a row, and how soon the next one has the call. */
import { killedWorkerFacts } from '../helpers/killed-worker'

const WORKER_LOST_MS = 1_000
/** What a caller may have to wait beyond `workerLost`. */
const SLACK_MS = 3_000

describe('a worker killed while a call is in flight', () =>
  killedWorkerFacts({ workerLostMs: WORKER_LOST_MS, kills: 5, withinMs: WORKER_LOST_MS + SLACK_MS }))
