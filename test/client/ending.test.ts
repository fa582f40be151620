/** How a run has ended, from the last event of its history. The server's answers are the test's own. */
import { getEventListeners } from 'node:events'
import {
  Client,
  type ConnectionLike,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client'
import {
  ApplicationFailure,
  CancelledFailure,
  DefaultFailureConverter,
  defaultPayloadConverter,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common'
import { temporal } from '@temporalio/proto'
import { type Ending, firstRunId, logOfRun, readEnding, readEndingNow } from '../../src/client/ending'

type Event = temporal.api.history.v1.IHistoryEvent
type Request = temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryRequest

const { DescribeWorkflowExecutionResponse } = temporal.api.workflowservice.v1
const { WorkflowExecutionStatus, RetryState: WireRetryState } = temporal.api.enums.v1
const { RUNNING, COMPLETED } = {
  RUNNING: WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING,
  COMPLETED: WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED,
}

const payloads = (value: unknown) => ({ payloads: [defaultPayloadConverter.toPayload(value)] })
const notFound = Object.assign(new Error('no such run'), {
  code: 5,
  details: 'no such run',
  metadata: new Map(),
})

interface Server {
  /** The page of the history that it answers with: its events, or an error. */
  history?: Event[] | Error
  /** Of the run that `describe` finds. */
  status?: number
  runId?: string
  missing?: true
}

/** The SDK's own client, over a connection that answers with these. */
function clientOf({ history = [], status = COMPLETED, runId = 'run-1', missing }: Server) {
  const asked: Request[] = []
  const deadlines: number[] = []
  const signals: AbortSignal[] = []
  const workflowService = {
    async getWorkflowExecutionHistory(request: Request) {
      asked.push(request)
      if (history instanceof Error) throw history
      return { history: { events: history } }
    },
    async describeWorkflowExecution() {
      if (missing) throw notFound
      const execution = { workflowId: 'g1', runId }
      const type = { name: 'generation' }
      return DescribeWorkflowExecutionResponse.fromObject({
        workflowExecutionInfo: { execution, type, status, startTime: { seconds: 1 } },
      })
    },
  }
  const connection = {
    workflowService,
    plugins: [],
    ensureConnected: async () => undefined,
    withDeadline: (at: number, run: () => Promise<unknown>) => {
      deadlines.push(at)
      return run()
    },
    withAbortSignal: (signal: AbortSignal, run: () => Promise<unknown>) => {
      signals.push(signal)
      return run()
    },
  }
  const client = new Client({ connection: connection as unknown as ConnectionLike, namespace: 'ours' })
  return { client, asked, deadlines, signals }
}

const NEVER = new AbortController().signal
const endingBy = (event: Event): Promise<Ending | null> =>
  readEnding(clientOf({ history: [event] }).client, 'g1', 'run-1', 1_000, NEVER)

async function errorBy(event: Event): Promise<WorkflowFailedError> {
  const ending = await endingBy(event)
  if (ending?.type !== 'failed') throw new Error(`it is ${ending?.type}`)
  expect(ending.error).toBeInstanceOf(WorkflowFailedError)
  return ending.error
}

describe('the last event says how a run has ended', () => {
  it('completed: its result, decoded', async () => {
    const ending = await endingBy({
      workflowExecutionCompletedEventAttributes: { result: payloads({ text: 'hello' }) },
    })
    expect(ending).toEqual({ type: 'completed', result: { text: 'hello' } })
  })

  it('failed: its failure with its details, and whether it could be tried again', async () => {
    const failure = ApplicationFailure.nonRetryable('all failed', 'GenerationFailed', { kind: 'all_failed' })
    const error = await errorBy({
      workflowExecutionFailedEventAttributes: {
        failure: new DefaultFailureConverter().errorToFailure(failure, defaultPayloadConverter),
        retryState: WireRetryState.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED,
      },
    })
    expect(error.cause).toMatchObject({ type: 'GenerationFailed', details: [{ kind: 'all_failed' }] })
    expect(error.retryState).toBe(RetryState.MAXIMUM_ATTEMPTS_REACHED)
  })

  it('cancelled: with the details of whoever cancelled it', async () => {
    const { cause } = await errorBy({
      workflowExecutionCanceledEventAttributes: { details: payloads('why') },
    })
    expect(cause).toBeInstanceOf(CancelledFailure)
    expect(cause).toMatchObject({ details: ['why'] })
  })

  it('terminated: in the words of the operator, where there are any', async () => {
    const { cause } = await errorBy({ workflowExecutionTerminatedEventAttributes: { reason: 'too dear' } })
    expect(cause).toBeInstanceOf(TerminatedFailure)
    expect(cause?.message).toBe('too dear')
    const silent = await errorBy({ workflowExecutionTerminatedEventAttributes: {} })
    expect(silent.cause?.message).toBe('Workflow execution terminated')
  })

  it('timed out', async () => {
    expect((await errorBy({ workflowExecutionTimedOutEventAttributes: {} })).cause).toBeInstanceOf(
      TimeoutFailure,
    )
  })

  it.each<[string, Event]>([
    ['continued as new', { workflowExecutionContinuedAsNewEventAttributes: { newExecutionRunId: 'run-2' } }],
    ['failed, and tried again', { workflowExecutionFailedEventAttributes: { newExecutionRunId: 'run-2' } }],
    [
      'timed out, and tried again',
      { workflowExecutionTimedOutEventAttributes: { newExecutionRunId: 'run-2' } },
    ],
    [
      'completed, and run again',
      { workflowExecutionCompletedEventAttributes: { newExecutionRunId: 'run-2' } },
    ],
  ])('%s: the run that goes on', async (_how, event) => {
    expect(await endingBy(event)).toEqual({ type: 'continued', runId: 'run-2' })
  })

  it('no event, or another one: it has not ended', async () => {
    const { client } = clientOf({ history: [] })
    expect(await readEnding(client, 'g1', 'run-1', 1_000, NEVER)).toBeNull()
    expect(await endingBy({ workflowTaskCompletedEventAttributes: {} })).toBeNull()
  })
})

describe('the question', () => {
  it('waits for the close event of one run, or of the latest where none is named', async () => {
    const { client, asked } = clientOf({})
    await readEnding(client, 'g1', 'run-1', 1_000, NEVER)
    await readEnding(client, 'g1', undefined, 1_000, NEVER)
    expect(asked[0]).toMatchObject({ namespace: 'ours', waitNewEvent: true, historyEventFilterType: 2 })
    expect(asked.map(({ execution }) => execution)).toEqual([
      { workflowId: 'g1', runId: 'run-1' },
      { workflowId: 'g1' },
    ])
  })

  it('has a deadline a second after the wait: a server answers a long poll that long before it', async () => {
    const { client, deadlines } = clientOf({})
    const before = Date.now()
    await readEnding(client, 'g1', 'run-1', 5_000, NEVER)
    expect(deadlines[0]).toBeGreaterThanOrEqual(before + 6_000)
    expect(deadlines[0]).toBeLessThan(before + 7_000)
  })

  it('gets a signal of its own, and leaves nothing at the one of the wait', async () => {
    const { client, signals } = clientOf({})
    const wait = new AbortController()
    await readEnding(client, 'g1', 'run-1', 1_000, wait.signal)
    expect(signals).toHaveLength(1)
    expect(signals[0]).not.toBe(wait.signal)
    expect(getEventListeners(wait.signal, 'abort')).toEqual([])
  })

  it('for a run that is not there fails with the error that says which of the two is missing', async () => {
    const { client } = clientOf({ history: notFound, missing: true })
    await expect(readEnding(client, 'g1', 'run-1', 1_000, NEVER)).rejects.toBeInstanceOf(
      WorkflowNotFoundError,
    )
  })

  it('that fails otherwise fails with that error', async () => {
    const busy = Object.assign(new Error('busy'), { code: 8, details: 'busy', metadata: new Map() })
    const { client } = clientOf({ history: busy })
    await expect(readEnding(client, 'g1', 'run-1', 1_000, NEVER)).rejects.toBe(busy)
  })
})

describe('the question that waits for nothing', () => {
  it('asks no history of a run that is under way', async () => {
    const { client, asked } = clientOf({ status: RUNNING })
    expect(await readEndingNow(client, 'g1', undefined, NEVER)).toBeNull()
    expect(asked).toEqual([])
  })

  it('reads the end of the run that it found', async () => {
    const ended = { workflowExecutionCompletedEventAttributes: { result: payloads({ text: 'hello' }) } }
    const { client, asked } = clientOf({ history: [ended], runId: 'run-7' })
    expect(await readEndingNow(client, 'g1', undefined, NEVER)).toMatchObject({ type: 'completed' })
    expect(asked[0]?.execution).toEqual({ workflowId: 'g1', runId: 'run-7' })
  })
})

describe('the delivery log of a run', () => {
  const described = (runId: string, firstRunId: string) =>
    ({
      workflowId: 'g1',
      runId,
      raw: { workflowExecutionInfo: { firstRunId } },
    }) as WorkflowExecutionDescription
  const startedWith = (input: unknown): Event => ({
    workflowExecutionStartedEventAttributes: { input: payloads(input) },
  })

  it('bears the id of the first run of its chain, which is not asked for', async () => {
    const { client, asked } = clientOf({})
    expect(await logOfRun(client, described('run-1', 'run-1'))).toBe('run-1')
    expect(asked).toEqual([])
  })

  it('is carried from run to run in the input of those that were continued as new', async () => {
    const { client, asked } = clientOf({ history: [startedWith({ resumed: { log: 'run-1' } })] })
    expect(await logOfRun(client, described('run-3', 'run-1'))).toBe('run-1')
    expect(asked[0]).toMatchObject({ execution: { workflowId: 'g1', runId: 'run-3' }, maximumPageSize: 1 })
  })

  it('of a run that an operator has reset is its own', async () => {
    const { client } = clientOf({ history: [startedWith({})] })
    expect(await logOfRun(client, described('run-9', 'run-1'))).toBe('run-9')
  })

  it('a server that names no first run: the run is its own', () => {
    expect(firstRunId(described('run-1', ''))).toBe('run-1')
  })
})
