/** Tools of Anthropic's own that the caller runs. */
import { ask, claudeToClaude, claudeToOpenAi, type RequestCase } from './types'

const OWN = [
  { type: 'bash_20250124', name: 'bash' },
  { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool', max_characters: 10_000 },
  { type: 'memory_20250818', name: 'memory' },
  { type: 'computer_20250124', name: 'computer', display_width_px: 1024, display_height_px: 768 },
]

export const ownTools: RequestCase[] = OWN.flatMap((tool): RequestCase[] => [
  {
    ...claudeToClaude,
    name: `${tool.type} reaches Anthropic as it was sent`,
    source: "the official client's types",
    body: { messages: [ask], tools: [{ ...tool, cache_control: { type: 'ephemeral' } }] },
    sent: { tools: [{ ...tool, cache_control: { type: 'ephemeral' } }] },
  },
  {
    ...claudeToOpenAi,
    name: `${tool.type} is refused before the call elsewhere`,
    source: "the official client's types",
    body: { messages: [ask], tools: [tool] },
    unsupported: `${tool.name} is a tool of Anthropic's own (${tool.type})`,
  },
])
