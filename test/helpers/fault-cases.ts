/** The rows of the fault table as they are sent: the cases, their config and scripts, and what their callers saw. */
import type { AttemptRecord } from '../../src/domain/routing/attempt'
import type { Simulator, StepInput } from '../../src/simulator'
import { FROM_FALLBACK, type Mode, ROWS, type Row, USAGE } from './fault-table'
import { parseEvents, type TestGateway } from './gateway'

export interface Case {
  row: Row
  mode: Mode
  /** Provider and route names of this case end in it. */
  key: string
}

export const CASES: Case[] = ROWS.flatMap((row, index) =>
  (row.modes ?? (['plain', 'stream'] as const)).map((mode) => ({ row, mode, key: `${index}${mode}` })),
)

/** One route for each case, over two providers of its own: an OpenAI-like one, and an Anthropic-like one. */
export function configOf(cases: readonly Case[], url: string): string {
  const providers = cases.flatMap(({ row, key }) => [
    `  primary${key}: { api: openai-chat, baseUrl: '${row.baseUrl?.(url) ?? `${url}/primary${key}/v1`}', auth: none }`,
    `  fallback${key}: { api: anthropic-messages, baseUrl: ${url}/fallback${key}/v1, auth: none }`,
  ])
  const models = cases.flatMap(({ row: { facts = {} }, key }) => [
    ...(facts.primary === undefined ? [] : [`  primary${key}/m: { ${facts.primary} }`]),
    ...(facts.fallback === undefined ? [] : [`  fallback${key}/m: { ${facts.fallback} }`]),
  ])
  const routes = cases.flatMap(({ row, mode, key }) => [
    `  r${key}:`,
    ...(mode === 'upstream' ? ['    upstream: stream'] : []),
    `    candidates: [{ target: primary${key}/m, timeouts: { ${row.timeouts ?? ''} } }, fallback${key}/m]`,
    ...(row.route === undefined ? [] : [`    ${row.route}`]),
  ])
  return [
    'providers:',
    ...providers,
    'models:',
    ...models,
    'defaults:',
    '  circuit: false',
    '  retry: { initialInterval: 20ms }',
    '  timeouts: { attempt: 30s, firstToken: 20s, idle: 20s }',
    'routes:',
    ...routes,
    '',
  ].join('\n')
}

const using = (usage: StepInput['usage'], steps: readonly StepInput[]): StepInput[] =>
  steps.map((step) => ({ usage, ...step }))

export function scriptOf(simulator: Simulator, { row, key }: Case): void {
  if (row.primary.length > 0) simulator.script(`primary${key}`, using(USAGE.primary, row.primary))
  simulator.script(`fallback${key}`, using(USAGE.fallback, row.fallback ?? [{ answer: FROM_FALLBACK }]))
}

interface ChatUsage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
}

export interface Seen {
  status: number
  text: string
  /** The targets that the answer names. */
  models: string[]
  usage: ChatUsage | null
  finished: boolean
  /** Of an error, whole or in band. */
  message: string | null
  retryAfter: string | null
  attempts: AttemptRecord[]
  tookMs: number
}

/** What both an answer and its chunks may have of this. */
interface WithFailure {
  model?: string
  usage?: ChatUsage | null
  error?: { message: string; holdfast: { attempts: AttemptRecord[] } }
  holdfast?: { attempts?: AttemptRecord[] }
}

interface Chunk extends WithFailure {
  choices?: { delta?: { content?: string }; finish_reason?: string | null }[]
}

interface Whole extends WithFailure {
  choices?: { message: { content: string } }[]
}

const attemptsOf = ({ holdfast, error }: WithFailure): AttemptRecord[] | undefined =>
  holdfast?.attempts ?? error?.holdfast.attempts

export async function ask(gateway: TestGateway, { mode, key }: Case): Promise<Seen> {
  const startedAt = Date.now()
  const stream = mode === 'stream'
  const response = await gateway.post('/v1/chat/completions', {
    model: `r${key}`,
    messages: [{ role: 'user', content: 'go' }],
    ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
  })
  const { status, headers } = response
  const body = await response.text()
  const common = { status, retryAfter: headers.get('retry-after'), tookMs: Date.now() - startedAt }
  return { ...common, ...(stream && status === 200 ? streamed(body) : whole(JSON.parse(body))) }
}

type Body = Omit<Seen, 'status' | 'retryAfter' | 'tookMs'>

function whole(body: Whole): Body {
  const { model, choices, usage = null, error } = body
  return {
    text: choices?.[0]?.message.content ?? '',
    models: model === undefined ? [] : [model],
    usage,
    finished: choices !== undefined,
    message: error?.message ?? null,
    attempts: attemptsOf(body) ?? [],
  }
}

function streamed(body: string): Body {
  const data = parseEvents(body).flatMap((event) => (event.data === undefined ? [] : [event.data]))
  const finished = data.at(-1) === '[DONE]'
  const chunks: Chunk[] = data.filter((one) => one !== '[DONE]').map((one) => JSON.parse(one))
  return {
    text: chunks.map(({ choices }) => choices?.[0]?.delta?.content ?? '').join(''),
    models: [...new Set(chunks.flatMap(({ model }) => model ?? []))],
    usage: chunks.findLast(({ usage }) => usage != null)?.usage ?? null,
    finished: finished && chunks.some(({ choices }) => choices?.[0]?.finish_reason != null),
    message: chunks.find(({ error }) => error !== undefined)?.error?.message ?? null,
    attempts: chunks.flatMap((chunk) => attemptsOf(chunk) ?? []),
  }
}
