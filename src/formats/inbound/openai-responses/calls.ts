/** A model's call of a tool as an item, in the words of the tool that the caller has offered, and as the events of that item. */
import type { Tool, ToolCall } from '../../../domain/request/request'
import { CUSTOM_INPUT, calledAsOf } from './tools'

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

interface Described {
  item: { id: string; type: string; [field: string]: unknown }
  /** The field that is empty while the item is in progress. */
  content: 'arguments' | 'input'
  /** Events of its content; null: it has none. */
  events: string | null
}

function described(
  generationId: string,
  index: number,
  { id: call_id, name, arguments: given }: ToolCall,
  tools: readonly Tool[],
): Described {
  const as = calledAsOf(tools, name) ?? { type: 'function', name }
  const named = { name: as.name, ...(as.namespace === undefined ? {} : { namespace: as.namespace }) }
  const idOf = (prefix: string) => `${prefix}_${generationId}_${index}`
  switch (as.type) {
    case 'function':
      return {
        item: {
          id: idOf('fc'),
          type: 'function_call',
          call_id,
          ...named,
          arguments: JSON.stringify(given),
        },
        content: 'arguments',
        events: 'response.function_call_arguments',
      }
    case 'custom': {
      const input = given[CUSTOM_INPUT]
      return {
        item: {
          id: idOf('ctc'),
          type: 'custom_tool_call',
          call_id,
          ...named,
          input: typeof input === 'string' ? input : JSON.stringify(given),
        },
        content: 'input',
        events: 'response.custom_tool_call_input',
      }
    }
    case 'tool_search':
      return {
        item: { id: idOf('tsc'), type: 'tool_search_call', call_id, execution: 'client', arguments: given },
        content: 'arguments',
        events: null,
      }
  }
}

/** `index`: among the calls of the answer. */
export const callItem = (generationId: string, index: number, call: ToolCall, tools: readonly Tool[]) => ({
  ...described(generationId, index, call, tools).item,
  status: 'completed' as ItemStatus,
})

/** Between `at`, the item's place in the output, and its end. */
export function callEvents(
  generationId: string,
  index: number,
  call: ToolCall,
  tools: readonly Tool[],
  at: { output_index: number },
): { type: string; [field: string]: unknown }[] {
  const { item, content, events } = described(generationId, index, call, tools)
  const empty = { ...item, status: 'in_progress' as ItemStatus, [content]: events === null ? {} : '' }
  const added = { type: 'response.output_item.added', ...at, item: empty }
  if (events === null) return [added]
  const part = { item_id: item.id, ...at }
  const { name, [content]: whole } = item
  return [
    added,
    { type: `${events}.delta`, ...part, delta: whole },
    { type: `${events}.done`, ...part, ...(content === 'arguments' ? { name } : {}), [content]: whole },
  ]
}
