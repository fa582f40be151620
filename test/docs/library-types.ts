/** What the library promises its callers' compilers: kept by the type checker (`types.test.ts`), never run. */
import type { SimplePlugin } from '@temporalio/plugin'
import type { BundleOptions, WorkerOptions } from '@temporalio/worker'
import { expectTypeOf } from 'expect-type'
import { z } from 'zod'
import {
  type Holdfast,
  type HoldfastOptions,
  type JsonObject,
  type JsonValue,
  jsonSchema,
  type Override,
  type ToolCall,
} from '../../src'
import type { overrideSchema } from '../../src/config/override'
import type { HoldfastPlugin } from '../../src/plugin'
import type { TemporalPlugin } from '../../src/temporal/options'
import { type ChildRequest, generate } from '../../src/workflow'

export async function promises(holdfast: Holdfast): Promise<void> {
  const Ticket = z.object({ title: z.string(), votes: z.string().transform(Number) })

  const typed = await holdfast.generate({ prompt: 'x', schema: Ticket })
  expectTypeOf(typed.output).toEqualTypeOf<{ title: string; votes: number }>()

  const json = await holdfast.generate({ prompt: 'x', schema: { type: 'object' } })
  expectTypeOf(json.output).toEqualTypeOf<JsonValue>()

  const asserted = await holdfast.generate({
    prompt: 'x',
    schema: jsonSchema<{ n: number }>({ type: 'object' }),
  })
  expectTypeOf(asserted.output).toEqualTypeOf<{ n: number }>()

  const plain = await holdfast.generate({ prompt: 'x' })
  expectTypeOf(plain.output).toEqualTypeOf<undefined>()
  expectTypeOf(plain.toolCalls).toEqualTypeOf<ToolCall[]>()
  expectTypeOf(plain.text).toEqualTypeOf<string>()

  const tools = await holdfast.generate({
    prompt: 'x',
    tools: [
      { name: 'weather', parameters: z.object({ city: z.string() }) },
      { name: 'clock', parameters: { type: 'object' } },
    ],
  })
  const [call] = tools.toolCalls
  if (call?.name === 'weather') expectTypeOf(call.arguments).toEqualTypeOf<{ city: string }>()
  if (call?.name === 'clock') expectTypeOf(call.arguments).toEqualTypeOf<JsonObject>()
  // @ts-expect-error: none of the tools has this name
  if (call?.name === 'calendar') return

  // @ts-expect-error: a message has a role
  await holdfast.generate({ messages: [{ content: 'x' }] })
  // @ts-expect-error: no such field
  await holdfast.generate({ prompt: 'x', temperature: 1 })
}

/** `holdfast/workflow`. */
export async function childPromises(request: ChildRequest): Promise<void> {
  const typed = await generate({ prompt: 'x', schema: jsonSchema<{ n: number }>({ type: 'object' }) })
  expectTypeOf(typed.output).toEqualTypeOf<{ n: number }>()
  const json = await generate({ prompt: 'x', schema: { type: 'object' } })
  expectTypeOf(json.output).toEqualTypeOf<JsonValue>()
  const plain = await generate({ prompt: 'x' })
  expectTypeOf(plain.output).toEqualTypeOf<undefined>()
  expectTypeOf(plain.text).toEqualTypeOf<string>()
  const either = await generate(request)
  expectTypeOf(either.output).toEqualTypeOf<JsonValue | undefined>()
  // @ts-expect-error: a workflow knows JSON Schema alone
  await generate({ prompt: 'x', schema: z.object({ n: z.number() }) })
}

/** Temporal's own kind of plugin, and ours, are plugins for every option that takes some. */
export function plugins(): void {
  expectTypeOf<SimplePlugin>().toExtend<TemporalPlugin>()
  expectTypeOf<HoldfastPlugin>().toExtend<NonNullable<WorkerOptions['plugins']>[number]>()
  expectTypeOf<HoldfastPlugin>().toExtend<NonNullable<BundleOptions['plugins']>[number]>()
}

/** `Override` is written by hand for its docstrings: it says what the schema takes. */
export function overrides(): void {
  expectTypeOf<Override>().toEqualTypeOf<z.input<typeof overrideSchema>>()
}

/** What a client has is what docs/library.md describes: its internals are in src/client/internal.ts. */
export function members(): void {
  expectTypeOf<keyof Holdfast>().toEqualTypeOf<
    | 'attach'
    | 'attempts'
    | 'cancel'
    | 'close'
    | 'countTokens'
    | 'embed'
    | 'forget'
    | 'generate'
    | 'result'
    | 'start'
    | 'status'
    | 'stream'
  >()
  expectTypeOf<keyof HoldfastOptions>().toEqualTypeOf<
    | 'config'
    | 'connection'
    | 'dataConverter'
    | 'env'
    | 'interceptors'
    | 'longPolls'
    | 'namespace'
    | 'plugins'
    | 'taskQueue'
    | 'tenant'
    | 'tracing'
  >()
}
