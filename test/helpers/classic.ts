/**
 * The patterns of examples/classic, on the very files that ship: the simulator stands in the providers' place, and
 * nothing else is changed but a pause that is too long for a test (`withPause`).
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Generation, HoldfastError, Override } from '../../src/client'
import { type Config, demoConfig, parseConfig } from '../../src/config'
import type { Route } from '../../src/domain/routing/route'
import { holdfastError, type Stack, startStack } from './stack'

export const FOLDER = path.resolve(__dirname, '..', '..', 'examples', 'classic')

/** The candidates of the files, in their order. */
export const OPENAI = 'openai/gpt-6.1-sol'
export const ANTHROPIC = 'anthropic/claude-sonnet-5-5'
export const TOGETHER = 'together/openai/gpt-oss-120b'

/** For the simulator. */
export const DOWN = [{ status: 503 }]

export const load = (name: string): Config => parseConfig(readFileSync(path.join(FOLDER, name), 'utf8'), name)

export function routeOf(config: Config): Route {
  const route = config.routes.default
  if (route === undefined) throw new Error('the file has no route default')
  return route
}

/** A minute, or five, is too long for a test: this is the one number that is not the file's. */
export function withPause(config: Config, pauseMs: number): Config {
  const route = routeOf(config)
  if (route.circuit === null) throw new Error('the file has no circuit')
  const circuit = { ...route.circuit, openForMs: pauseMs, maxOpenForMs: pauseMs }
  return { ...config, routes: { default: { ...route, circuit } } }
}

export const start = (config: Config): Promise<Stack> =>
  startStack({ config: (url) => demoConfig(config, url) })

/** The targets that were called, in order. */
export const called = ({ simulator }: Stack): string[] =>
  simulator.calls().map(({ provider, model }) => `${provider}/${model}`)

export const ask = ({ holdfast }: Stack, override?: Override): Promise<Generation> =>
  holdfast.generate({ prompt: 'hi', override })

export const askInVain = (stack: Stack, override?: Override): Promise<HoldfastError> =>
  holdfastError(ask(stack, override))

/** One after the other. `act` gets how many there were before. */
export async function times<T>(count: number, act: (before: number) => Promise<T>): Promise<T[]> {
  const all: T[] = []
  while (all.length < count) all.push(await act(all.length))
  return all
}

/** Between two of `timesUntil`: to check often enough without taking the machine from the others. */
const CHECK_EVERY_MS = 100

/** One after the other, till one passes; fails after `limitMs`. */
export async function timesUntil<T>(
  act: () => Promise<T>,
  passes: (one: T) => boolean,
  limitMs = 20_000,
): Promise<T[]> {
  const startedAt = Date.now()
  const all: T[] = []
  for (;;) {
    const one = await act()
    all.push(one)
    if (passes(one)) return all
    if (Date.now() - startedAt > limitMs) throw new Error(`not within ${limitMs} ms: ${passes}`)
    await new Promise((resolve) => setTimeout(resolve, CHECK_EVERY_MS))
  }
}
