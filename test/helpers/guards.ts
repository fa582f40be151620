/** Every guard of a call, each at a provider that hangs in just that phase: which one ends it, and when. */
import { type Listening, rawServer } from './sockets'
import { holdfastError, type Stack, startStack } from './stack'

export const LIMIT_MS = 400
const LIMIT = `${LIMIT_MS}ms`

/** Route -> its timeouts, what the provider does, and the phase that the attempt's failure names. */
export const GUARDS = {
  connect: { timeouts: `connect: ${LIMIT}`, step: {}, phase: 'connect' },
  headers: { timeouts: `attempt: ${LIMIT}`, step: { fault: 'silent' }, phase: 'headers' },
  firstToken: {
    timeouts: `firstToken: ${LIMIT}`,
    step: { fault: 'hang_after_headers' },
    phase: 'first_token',
  },
  idle: { timeouts: `idle: ${LIMIT}`, step: { words: 9, stall: { after: 1 } }, phase: 'idle' },
  total: { timeouts: `attempt: ${LIMIT}, idle: 300ms`, step: { words: 900, drip: '40ms' }, phase: 'attempt' },
} as const
export type Guard = keyof typeof GUARDS
export const GUARD_NAMES = Object.keys(GUARDS) as Guard[]

const STREAMED: ReadonlySet<string> = new Set(['firstToken', 'idle', 'total'])

/** Takes the connection, and never shakes hands. */
let dark: Listening

const config = (url: string): string => {
  const routes = GUARD_NAMES.map((name) => {
    const provider = name === 'connect' ? 'dark' : name
    const stream = STREAMED.has(name) ? ', upstream: stream' : ''
    return `  ${name}: { candidates: [${provider}/m], timeouts: { ${GUARDS[name].timeouts} }${stream} }`
  })
  const providers = GUARD_NAMES.filter((name) => name !== 'connect').map(
    (name) => `  ${name}: { api: openai-chat, baseUrl: ${url}/${name}/v1, auth: none }`,
  )
  return `
providers:
  dark: { api: openai-chat, baseUrl: 'https://127.0.0.1:${dark.port}/v1', auth: none }
${providers.join('\n')}
defaults: { circuit: false, deadline: 20s }
routes:
${routes.join('\n')}
  first: { candidates: [headers/m] }
  deadline: { candidates: [headers/m], deadline: ${LIMIT} }
  streaming: { candidates: [total/m], deadline: ${LIMIT}, upstream: stream }
  racing: { candidates: [headers/m, firstToken/m], strategy: race, deadline: ${LIMIT} }
  hedging: { candidates: [headers/m, firstToken/m], strategy: { hedge: { after: 150ms } }, deadline: ${LIMIT} }
  once: { candidates: [headers/m], retry: { maximumAttempts: 5 } }
  passes: { candidates: [headers/m], passes: 3, retry: { maximumAttempts: 5 } }
`
}

export const DEADLINES = ['deadline', 'streaming', 'racing', 'hedging'] as const

export async function startGuards(): Promise<Stack> {
  dark = await rawServer(() => undefined)
  const stack = await startStack({ config })
  const close = (): Promise<void> => stack.close().finally(() => dark.close())
  try {
    // The first one connects, and compiles what is to be compiled.
    await stack.holdfast.generate({ route: 'first', prompt: 'go' })
  } catch (error) {
    await close()
    throw error
  }
  return { ...stack, close }
}

/** Scripts the providers to hang, each in its phase. */
export function hang({ simulator }: Stack): void {
  for (const name of GUARD_NAMES) simulator.script(name, [GUARDS[name].step])
}

/** By how much the guard was late, by the attempt's record, milliseconds. */
export async function guardLateMs({ holdfast }: Stack, guard: Guard): Promise<number> {
  const { attempts } = await holdfastError(holdfast.generate({ route: guard, prompt: 'go' }))
  // A silent provider is not called twice.
  expect(attempts).toHaveLength(1)
  const [attempt] = attempts
  expect(attempt?.failure).toMatchObject({ class: 'timeout', timeoutPhase: GUARDS[guard].phase })
  return (attempt?.durationMs ?? Number.NaN) - LIMIT_MS
}

/** By how much the caller's error came after the deadline, milliseconds. */
export async function deadlineLateMs({ holdfast }: Stack, route: string): Promise<number> {
  const startedAt = Date.now()
  const error = await holdfastError(holdfast.generate({ route, prompt: 'go' }))
  const lateMs = Date.now() - startedAt - LIMIT_MS
  expect(error).toMatchObject({ kind: 'deadline_exceeded', accepted: true })
  return lateMs
}
