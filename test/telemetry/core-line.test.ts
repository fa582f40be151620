/** Lines of the SDK's core: what an operator needs, and nothing that anybody else wrote. */
import pino from 'pino'
import { temporalLogger } from '../../src/telemetry'

const PLANTED = 'my diary, page one'

function lineOf(
  level: 'INFO' | 'WARN',
  message: string,
  meta: object,
): { [field: string]: unknown } | undefined {
  const written: string[] = []
  const logger = pino(
    { level: 'info', base: null, timestamp: false },
    { write: (line) => void written.push(line) },
  )
  temporalLogger(logger).log(level, message, { sdkComponent: 'core', ...meta })
  expect(written.join('')).not.toContain('diary')
  return written[0] === undefined ? undefined : JSON.parse(written[0])
}

it('a failed workflow task has its run, and the kind of its cause', () => {
  const failure = `Failure { failure: Some(Failure { message: "${PLANTED}", details: None }), force_cause: NonDeterministicError }`
  const line = lineOf('WARN', 'Failing workflow task', {
    target: 'temporalio_sdk_core::worker::workflow',
    run_id: 'r-1',
    failure,
    spanContexts: [PLANTED],
  })
  expect(line).toEqual({
    level: 40,
    sdkComponent: 'core',
    module: 'temporalio_sdk_core::worker::workflow',
    runId: 'r-1',
    cause: 'NonDeterministicError',
    msg: 'Failing workflow task',
  })
})

it('an error of the network has the code of gRPC, and not its text', () => {
  const error = `Status { code: Unavailable, message: "${PLANTED}", details: b"${PLANTED}" }`
  expect(
    lineOf('WARN', 'gRPC call poll_workflow_task_queue retried 5 times', { error, attempt: 5 }),
  ).toMatchObject({
    code: 'Unavailable',
    attempt: 5,
    msg: 'gRPC call poll_workflow_task_queue retried 5 times',
  })
})

it.each([
  [
    `Got error from server while polling: Status { message: "${PLANTED}" }`,
    'Got error from server while polling',
  ],
  [`Activity "${PLANTED}" not found`, 'Activity'],
  [`"${PLANTED}"`, 'a line of the core'],
  ['', 'a line of the core'],
])('of the text %j the beginning is written', (message, expected) => {
  expect(lineOf('WARN', message, {})?.msg).toBe(expected)
})

it('what is no text or number, or has another name, is not written', () => {
  const line = lineOf('WARN', 'odd', {
    run_id: { text: PLANTED },
    payload: PLANTED,
    error: { text: PLANTED },
  })
  expect(line).toEqual({ level: 40, sdkComponent: 'core', msg: 'odd' })
})

it('a field is cut where it is long', () => {
  expect(String(lineOf('WARN', 'long', { workflow_id: 'w'.repeat(5_000) })?.workflowId)).toHaveLength(200)
})

it('what the core logs at `info` is not written', () => {
  expect(lineOf('INFO', 'Worker starting', {})).toBeUndefined()
})
