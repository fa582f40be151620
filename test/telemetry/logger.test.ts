/** The lines: what they hold, what they never hold. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { FAILURE_CLASSES, type Failure } from '../../src/domain/failures/failure'
import type { AttemptRecord } from '../../src/domain/routing/attempt'
import { createLogger, type LoggerOptions, logAttempt, temporalLogger } from '../../src/telemetry'

interface Line {
  [field: string]: unknown
}

const recording = (options: LoggerOptions = {}) => {
  const written: string[] = []
  const logger = createLogger({ ...options, output: { write: (line: string) => void written.push(line) } })
  return { logger, text: () => written.join(''), lines: () => written.map((line): Line => JSON.parse(line)) }
}

const record = (failure?: Failure): AttemptRecord => ({
  candidate: 1,
  target: 'openai/gpt-5',
  number: 2,
  startedAt: 1_700_000_000_000,
  durationMs: 120,
  ...(failure === undefined ? { usage: { inputTokens: 7, outputTokens: 9 } } : { failure, retryInMs: 250 }),
})
const lineOf = (failure?: Failure): Line => {
  const { logger, lines } = recording()
  logAttempt(logger, { generation: 'g-1', route: 'default', record: record(failure) })
  const [line, ...more] = lines()
  expect(more).toEqual([])
  return line ?? {}
}

/** A bare Node doesn't run TypeScript: this one compiles the logger for itself. */
const LAST_WORDS = `
  const { code } = require('@swc/core').transformFileSync(process.argv[1], {
    jsc: { parser: { syntax: 'typescript' } }, module: { type: 'commonjs' },
  })
  const logger = {}
  new Function('require', 'exports', code)(require, logger)
  logger.createLogger().info('last words')
  process.kill(process.pid, 'SIGKILL')
`

describe('the line of an attempt', () => {
  it('that succeeded says who answered, how long it took and what it used', () => {
    expect(lineOf()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      pid: process.pid,
      name: 'holdfast',
      event: 'attempt',
      generation: 'g-1',
      route: 'default',
      target: 'openai/gpt-5',
      candidate: 1,
      attempt: 2,
      outcome: 'answered',
      durationMs: 120,
      inputTokens: 7,
      outputTokens: 9,
      msg: 'attempt',
    })
  })

  it('that failed says how, and when the next one is', () => {
    expect(
      lineOf({
        class: 'rate_limited',
        message: 'slow down',
        status: 429,
        code: 'rate_limit_exceeded',
        retryAfterMs: 200,
      }),
    ).toMatchObject({
      level: 'warn',
      outcome: 'failed',
      class: 'rate_limited',
      status: 429,
      code: 'rate_limit_exceeded',
      retryAfterMs: 200,
      retryInMs: 250,
    })
  })

  it.each(FAILURE_CLASSES)('%s has the level that fits what is to be done', (failureClass) => {
    const somebodyActs = ['unauthorized', 'forbidden', 'model_not_found', 'internal_error']
    const expected =
      failureClass === 'cancelled' ? 'info' : somebodyActs.includes(failureClass) ? 'error' : 'warn'
    expect(lineOf({ class: failureClass, message: '' }).level).toBe(expected)
  })

  it('holds nothing that a provider wrote (LOGGER-1)', () => {
    const diaryText = 'Invalid value: "my diary, page one"'
    const line = lineOf({ class: 'invalid_request', message: diaryText, code: diaryText, status: 400 })
    expect(JSON.stringify(line)).not.toContain('diary')
  })
})

describe('the logger', () => {
  it('censors secrets by their names, up to two objects deep (LOGGER-2)', () => {
    const { logger, text } = recording()
    logger.info({ authorization: 'Bearer sk-1' })
    logger.info({ headers: { 'x-api-key': 'sk-2', Authorization: 'Bearer sk-3' } })
    logger.info({ request: { headers: { 'api-key': 'sk-4', authorization: 'Bearer sk-5' } } })
    logger.info({ provider: { apiKey: 'sk-6' } })
    expect(text()).not.toMatch(/sk-\d/)
    expect(text().match(/\[Redacted\]/g)).toHaveLength(6)
  })

  it('writes nothing when it is silent', () => {
    const { logger, lines } = recording({ level: 'silent' })
    logger.error('no')
    expect(lines()).toEqual([])
  })

  it('writes to stderr, at once: a process that is killed right after has said it', async () => {
    const child = spawn(
      process.execPath,
      ['-e', LAST_WORDS, require.resolve('../../src/telemetry/logger.ts')],
      {
        cwd: join(__dirname, '..', '..'),
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (data: Buffer) => out.push(data))
    child.stderr.on('data', (data: Buffer) => err.push(data))
    const signal = await new Promise((resolve) => child.on('close', (_, name) => resolve(name)))
    expect(signal).toBe('SIGKILL')
    expect(Buffer.concat(out).toString()).toBe('')
    expect(JSON.parse(Buffer.concat(err).toString())).toMatchObject({ level: 'info', msg: 'last words' })
  })
})

describe('Temporal’s logger', () => {
  const meta = { workflowId: 'w-1', runId: 'r-1', workflowType: 'generation', sdkComponent: 'workflow' }

  it('carries the workflow’s own lines with all that they say', () => {
    const { logger, lines } = recording()
    temporalLogger(logger).info('fallback', {
      ...meta,
      event: 'fallback',
      generation: 'w-1',
      route: 'default',
      target: 'b/m',
      after: 'overloaded',
    })
    expect(lines()).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: 'fallback',
        event: 'fallback',
        generation: 'w-1',
        target: 'b/m',
        after: 'overloaded',
        workflowId: 'w-1',
        runId: 'r-1',
      }),
    ])
  })

  it('never carries a trace line, nor anything nested (L1, L2)', () => {
    const { logger, text } = recording({ level: 'trace' })
    const temporal = temporalLogger(logger)
    temporal.trace('Got workflow activation', { ...meta, input: 'my diary' })
    temporal.log('TRACE', 'Got activity task', { input: 'my diary' })
    temporal.warn('odd', { ...meta, activation: { jobs: ['my diary'] }, list: ['my diary'] })
    temporal.error('worse', { error: new TypeError('my diary') })
    expect(text()).not.toContain('diary')
    expect(text()).toContain('TypeError')
  })

  it('leaves expected ends to our own lines (L3)', () => {
    const { logger, lines } = recording()
    const temporal = temporalLogger(logger)
    temporal.warn('Activity failed', {
      error: ApplicationFailure.create({ type: 'overloaded', message: 'x' }),
    })
    temporal.warn('Activity failed', { error: new CancelledFailure('x') })
    temporal.warn('Workflow failed', { ...meta, sdkComponent: 'worker', error: new Error('x') })
    expect(lines()).toEqual([])
    temporal.warn('Activity failed', { error: ApplicationFailure.create({ type: 'Surprise', message: 'x' }) })
    temporal.warn('Activity failed', { error: new RangeError('x') })
    expect(lines()).toMatchObject([{ error: 'Surprise' }, { error: 'RangeError' }])
  })

  it('takes what the SDK calls information for debugging, and its warnings for warnings', () => {
    const { logger, lines } = recording()
    const temporal = temporalLogger(logger)
    temporal.info('Worker state changed', { sdkComponent: 'worker', state: 'RUNNING' })
    temporal.info('polling', { sdkComponent: 'core' })
    temporal.debug('Activity started', { sdkComponent: 'worker' })
    temporal.warn('no slots left', { sdkComponent: 'core' })
    expect(lines()).toMatchObject([{ level: 'warn', msg: 'no slots left' }])
  })
})
