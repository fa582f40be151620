/** The lines of one real generation: a real server, worker, workflow and providers on real sockets. */

import { createHoldfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { createLogger } from '../../src/telemetry'
import { type Host, installRuntime, startHost } from '../../src/worker'
import { httpServer, type Listening, until } from '../helpers/sockets'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const PROMPT = 'the diary of a lighthouse keeper'
const ANSWER = 'fog again, and the lamp needs oil'
const KEY = 'sk-lighthouse-4711-0815'

const written: string[] = []
const lines = () => written.map((line): { [field: string]: unknown } => JSON.parse(line))
let host: Host | undefined
let failing: Listening
let answering: Listening

beforeAll(async () => {
  failing = await httpServer((_, response) => {
    const error = { message: `overloaded while reading "${PROMPT}" for ${KEY}`, type: 'overloaded_error' }
    response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
  })
  answering = await httpServer((_, response) => {
    const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: ANSWER } }]
    const body = {
      id: 'c-1',
      model: 'm',
      choices,
      usage: { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15 },
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
})
afterAll(async () => {
  await host?.close()
  await failing.close()
  await answering.close()
})

it('one line for each attempt, fallback and generation, without prompt, answer or key', async () => {
  const config = parseConfig(
    `
providers:
  first: { api: openai-chat, baseUrl: "http://127.0.0.1:${failing.port}/v1", apiKeyEnv: LIGHTHOUSE_KEY }
  second: { api: openai-chat, baseUrl: "http://127.0.0.1:${answering.port}/v1", apiKeyEnv: LIGHTHOUSE_KEY }
routes:
  default: { candidates: [first/m, second/m], retry: { maximumAttempts: 2, initialInterval: 20ms } }
`,
  )
  const env = { LIGHTHOUSE_KEY: KEY }
  const logger = createLogger({ level: 'debug', output: { write: (line) => void written.push(line) } })
  installRuntime(logger)
  const { address, namespace } = testServer()
  const taskQueue = ownTaskQueue('telemetry')
  host = await startHost({ config, env, logger, temporal: { address, namespace, connection: {} }, taskQueue })
  const holdfast = await createHoldfast({ config, env, connection: host.connection, namespace, taskQueue })
  const generation = await holdfast.generate({ prompt: PROMPT })
  expect(generation).toMatchObject({ text: ANSWER, target: 'second/m' })
  await holdfast.close()

  const linesOf = (event: string) => lines().filter((line) => line.event === event)
  // The SDK sorts its lines for a moment before it hands them on.
  await until(() => linesOf('generation').length > 0)
  const same = { generation: generation.id, route: 'default' }
  expect(linesOf('attempt')).toMatchObject([
    {
      ...same,
      level: 'warn',
      target: 'first/m',
      attempt: 1,
      outcome: 'failed',
      class: 'overloaded',
      status: 503,
    },
    {
      ...same,
      level: 'warn',
      target: 'first/m',
      attempt: 2,
      outcome: 'failed',
      class: 'overloaded',
      status: 503,
    },
    { ...same, level: 'info', target: 'second/m', attempt: 1, outcome: 'answered', inputTokens: 7 },
  ])
  expect(linesOf('fallback')).toMatchObject([
    { ...same, workflowId: generation.id, target: expect.any(String) },
  ])
  expect(linesOf('generation')).toMatchObject([
    {
      ...same,
      level: 'info',
      workflowId: generation.id,
      outcome: 'answered',
      target: 'second/m',
      attempts: 3,
    },
  ])
  const text = written.join('')
  for (const secret of [PROMPT, ANSWER, KEY]) expect(text).not.toContain(secret)
  expect(lines().filter((line) => line.level === 'warn')).toHaveLength(2)
})
