/** What Claude Code and other clients of Anthropic send. */
import { ask, back, claudeToClaude, claudeToOpenAi, ours, type RequestCase, use } from './types'

const marked = (text: string, more: object = {}) => ({
  type: 'text',
  text,
  cache_control: { type: 'ephemeral', ...more },
})
const code = {
  max_tokens: 32_000,
  system: [marked('You are Claude Code.'), marked('More.', { ttl: '1h' })],
  metadata: { user_id: 'u' },
  thinking: { type: 'adaptive' },
  output_config: { effort: 'high' },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  tools: [
    {
      name: 'Read',
      input_schema: {
        type: 'object',
        properties: { path: { type: 'string' } },
        $schema: 'http://json-schema.org/draft-07/schema#',
      },
      eager_input_streaming: true,
      cache_control: { type: 'ephemeral' },
    },
  ],
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }, marked('there')] }],
}
const thought = { type: 'thinking', thinking: 'hm', signature: 'sig' }
const afterTool = (...thoughts: object[]) => ({
  max_tokens: 20_000,
  thinking: { type: 'enabled', budget_tokens: 8_000 },
  tools: ours,
  messages: [
    ask,
    { role: 'assistant', content: [...thoughts, use('t1')] },
    { role: 'user', content: [back('t1')] },
  ],
})

export const claude: RequestCase[] = [
  {
    ...claudeToClaude,
    model: 'claude-opus-4-6',
    native: true,
    name: 'Claude Code’s body reaches Anthropic with its marks, thinking, context management and betas',
    source: 'mozilla-ai/otari#124; anthropics/claude-code#21612',
    headers: { 'anthropic-beta': 'claude-code-20250219,oauth-2025-04-20' },
    body: code,
    sent: {
      system: code.system,
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
      context_management: code.context_management,
      metadata: { user_id: 'u' },
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }, marked('there')] }],
      tools: [{ name: 'Read', cache_control: { type: 'ephemeral' } }],
    },
    sentHeaders: { 'anthropic-beta': 'claude-code-20250219,context-management-2025-06-27' },
    leftOut: [],
  },
  {
    ...claudeToClaude,
    native: true,
    name: 'thoughts are not cleared where the model does not think',
    source: 'router-for-me/CLIProxyAPI#4957; can1357/oh-my-pi#2143',
    body: code,
    sent: { thinking: null, context_management: null },
    leftOut: ['reasoningEffort', 'thinking', 'context_management'],
  },
  {
    ...claudeToOpenAi,
    name: 'to another server, Claude Code’s body goes without what only Anthropic has, and that is named',
    source: 'decolua/9router#1468; anomalyco/opencode#34694',
    model: 'qwen3',
    body: code,
    sent: { reasoning_effort: 'high', max_tokens: 32_000, context_management: null, thinking: null },
    leftOut: [
      'metadata',
      'context_management',
      'anthropic-beta',
      'tools.eager_input_streaming',
      'cache_control',
    ],
  },
  {
    ...claudeToClaude,
    name: 'signed thoughts go back with a tool’s result',
    source: 'anomalyco/opencode#3077; langgenius/dify#41092',
    body: afterTool(thought),
    sent: {
      thinking: { type: 'enabled', budget_tokens: 8_000 },
      messages: [ask, { role: 'assistant', content: [thought, use('t1')] }, { role: 'user' }],
    },
    leftOut: [],
  },
  {
    ...claudeToClaude,
    name: 'thinking is left off behind a tool’s result whose thoughts are not there, and that is named',
    source: 'anomalyco/opencode#3077 (variant)',
    body: afterTool({ type: 'thinking', thinking: 'hm', signature: '' }),
    sent: { thinking: null, messages: [ask, { role: 'assistant', content: [use('t1')] }, { role: 'user' }] },
    leftOut: ['reasoningEffort', 'thinking'],
  },
  {
    ...claudeToClaude,
    name: 'signed thoughts stay behind where the call does not think',
    source: 'control: their signatures are checked, and say nothing then',
    body: { ...afterTool(thought), thinking: { type: 'disabled' } },
    sent: { messages: [ask, { role: 'assistant', content: [use('t1')] }, { role: 'user' }] },
  },
  {
    ...claudeToClaude,
    model: 'claude-opus-4-6',
    native: true,
    name: 'beside a forced tool there is no thinking, and none to be cleared',
    source: 'can1357/oh-my-pi#2143',
    body: { ...code, tool_choice: { type: 'tool', name: 'Read' } },
    sent: { thinking: null, context_management: null, tool_choice: { type: 'tool', name: 'Read' } },
    leftOut: ['thinking', 'context_management'],
  },
  {
    ...claudeToOpenAi,
    model: 'qwen3',
    name: 'thoughts are never made into text for another format',
    source: 'onyx#13691',
    body: afterTool(thought),
    sent: { messages: [ask, { role: 'assistant', content: null }, { role: 'tool' }] },
  },
  {
    ...claudeToClaude,
    model: 'claude-opus-4-7',
    name: 'a budget is left to a model that takes none',
    source: 'google/adk-docs#2241 (Opus 4.7 rejects enabled)',
    body: { max_tokens: 9_000, thinking: { type: 'enabled', budget_tokens: 4_000 }, messages: [ask] },
    sent: { thinking: { type: 'adaptive' } },
  },
  {
    ...claudeToClaude,
    name: 'a budget stays below the limit of the answer',
    source: "control: Anthropic's rule that max_tokens is above the budget",
    body: { max_tokens: 4_000, thinking: { type: 'enabled', budget_tokens: 8_000 }, messages: [ask] },
    sent: { max_tokens: 4_000, thinking: { type: 'enabled', budget_tokens: 3_999 } },
  },
]
