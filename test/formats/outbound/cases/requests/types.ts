/**
 * What clients send, and what of it reaches a provider: bodies as public reports describe them, in our own data.
 * `source` names the report.
 */
import type { Api, PromptCaching } from '../../../../../src/formats/outbound/wire-format'

export interface RequestCase {
  name: string
  source: string
  from: 'chat' | 'messages'
  to: Api
  model: string
  /** The API of the format's own maker. */
  native?: boolean
  takesMarks?: boolean
  promptCache?: PromptCaching
  headers?: { [name: string]: string }
  body: object
  /** Part of the body that is sent; `null`: the field is not there. */
  sent?: { [field: string]: unknown }
  sentHeaders?: object
  leftOut?: string[]
  /** Words of the refusal before the call. */
  unsupported?: string
}

export const CLAUDE = 'claude-sonnet-4-5'
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

export const ask = { role: 'user', content: 'Ask.' }
export const called = (id: string, args: unknown = '{}', name = 'clock') => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})
export const calls = (...all: object[]) => ({ role: 'assistant', content: null, tool_calls: all })
export const result = (id: string, content: unknown = 'ok') => ({ role: 'tool', tool_call_id: id, content })
export const use = (id: string, name = 'clock') => ({ type: 'tool_use', id, name, input: {} })
export const back = (id: string, content: unknown = 'ok') => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
})
export const toolsOf = (...names: string[]) =>
  names.map((name) => ({
    type: 'function',
    function: { name, parameters: { type: 'object', properties: {} } },
  }))
export const ours = [{ name: 'clock', input_schema: { type: 'object', properties: {} } }]

export type Common = Pick<RequestCase, 'from' | 'to' | 'model'>
export const toClaude: Common = { from: 'chat', to: 'anthropic-messages', model: CLAUDE }
export const claudeToClaude: Common = { from: 'messages', to: 'anthropic-messages', model: CLAUDE }
export const toOpenAi: Common = { from: 'chat', to: 'openai-chat', model: 'gpt-4.1' }
export const toOther: Common = { from: 'chat', to: 'openai-chat', model: 'qwen3' }
export const claudeToOpenAi: Common = { from: 'messages', to: 'openai-chat', model: 'gpt-4.1' }
