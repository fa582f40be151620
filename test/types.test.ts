/** What the library promises its callers' compilers. Checked by the type checker; run here to be seen. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { expectTypeOf } from 'expect-type'
import { z } from 'zod'
import type { Holdfast, JsonObject, JsonValue, ToolCall } from '../src/client'

const TOP = path.resolve(__dirname, '..')

/** Never called: only its types matter. */
export async function promises(holdfast: Holdfast): Promise<void> {
  const Ticket = z.object({ title: z.string(), votes: z.string().transform(Number) })

  const typed = await holdfast.generate({ prompt: 'x', schema: Ticket })
  expectTypeOf(typed.output).toEqualTypeOf<{ title: string; votes: number }>()

  const json = await holdfast.generate({ prompt: 'x', schema: { type: 'object' } })
  expectTypeOf(json.output).toEqualTypeOf<JsonValue>()

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

it('the whole tree type-checks, the promises above included', () => {
  const { status, stdout } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit'], {
    cwd: TOP,
    encoding: 'utf8',
  })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
}, 60_000)
