/** What Claude Code sends beside a conversation (recorded from 2.1.332), and further fields of Anthropic's tools. */
import { ask, back, type Common, claudeToClaude, claudeToOpenAi, ours, type RequestCase, use } from './types'

const recorded = 'Claude Code 2.1.332'
const BILLING = 'x-anthropic-billing-header: cc_version=2.1.332.0b8; cc_entrypoint=sdk-cli;'
const block = (text: string) => ({ type: 'text', text })
const mark = { cache_control: { type: 'ephemeral' } }

const system = { system: [block(BILLING), { ...block('You help.'), ...mark }], messages: [ask] }
const billing: RequestCase[] = [
  {
    ...claudeToClaude,
    native: true,
    name: 'its billing line is the first block of the system prompt at Anthropic',
    source: recorded,
    body: system,
    sent: {
      system: [block(BILLING), { ...block('You help.'), ...mark }],
      'x-anthropic-billing-header': null,
    },
    leftOut: [],
  },
  {
    ...claudeToClaude,
    native: true,
    name: 'its billing line stays a block of its own before a plain system prompt',
    source: 'control',
    body: { system: [block(BILLING), block('You help.')], messages: [ask] },
    sent: { system: [block(BILLING), block('You help.')] },
  },
  {
    ...claudeToClaude,
    native: true,
    name: 'its billing line may be all of the system prompt',
    source: 'control',
    body: { system: [block(BILLING)], messages: [ask] },
    sent: { system: [block(BILLING)] },
  },
  {
    ...claudeToClaude,
    name: 'its billing line is no word for the model of another server',
    source: recorded,
    body: system,
    sent: { system: [{ ...block('You help.'), ...mark }] },
    leftOut: ['x-anthropic-billing-header'],
  },
  {
    ...claudeToOpenAi,
    name: 'its billing line is no word for a model of another maker',
    source: recorded,
    body: system,
    sent: { messages: [{ role: 'system', content: 'You help.' }, ask] },
    leftOut: ['x-anthropic-billing-header', 'cache_control'],
  },
  {
    ...claudeToOpenAi,
    name: 'words about a billing line are words',
    source: 'control',
    body: { system: `What is ${BILLING}?`, messages: [ask] },
    sent: { messages: [{ role: 'system', content: `What is ${BILLING}?` }, ask] },
    leftOut: [],
  },
]

const extras = {
  defer_loading: true,
  eager_input_streaming: true,
  input_examples: [{ zone: 'UTC' }],
  allowed_callers: ['direct'],
}
const tool = { ...ours[0], description: 'Says the time.', ...extras, ...mark }
const named = Object.keys(extras).map((name) => `tools.${name}`)
const elsewhere = (to: Common): RequestCase => ({
  ...to,
  name: `further fields of a tool are left out in ${to.to}, in words`,
  source: "the official client's types",
  body: { messages: [ask], tools: [tool, tool, ...ours] },
  leftOut: [...named, 'cache_control'],
})
const tools: RequestCase[] = [
  {
    ...claudeToClaude,
    name: 'further fields of a tool reach Anthropic’s format',
    source: "the official client's types",
    body: { messages: [ask], tools: [{ ...tool, strict: true, type: 'custom' }] },
    sent: { tools: [tool] },
    leftOut: [],
  },
  elsewhere(claudeToOpenAi),
  elsewhere({ from: 'messages', to: 'openai-responses', model: 'gpt-5.4' }),
  {
    ...claudeToClaude,
    name: 'fields of a tool that Anthropic does not know are left out, in words; null is none',
    source: 'control',
    body: { messages: [ask], tools: [{ ...ours[0], annotations: { a: 1 }, defer_loading: null }] },
    sent: { tools: ours },
    leftOut: ['tools.annotations'],
  },
]

const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`f${n}`, n]))
const hostile: RequestCase[] = [
  {
    ...claudeToClaude,
    name: 'of thousands of unknown fields of a tool the first twenty are named, and none that is no name',
    source: 'control: a hostile body',
    body: { messages: [ask], tools: [{ ...ours[0], ['x'.repeat(100_000)]: 1, __proto_: 1, ...many }] },
    sent: { tools: ours },
    leftOut: ['__proto_', ...Object.keys(many).slice(0, 19)].map((name) => `tools.${name}`),
  },
]

const found = [{ type: 'tool_reference', tool_name: 'clock' }]
const search = {
  messages: [
    ask,
    { role: 'assistant', content: [use('t', 'search')] },
    { role: 'user', content: [back('t', found)] },
  ],
  tools: [...ours, { name: 'search', input_schema: { type: 'object' } }],
}
const references: RequestCase[] = [
  {
    ...claudeToClaude,
    name: 'a tool that was found is a reference in Anthropic’s format',
    source: recorded,
    body: search,
    sent: { messages: [ask, {}, { role: 'user', content: [{ type: 'tool_result', content: found }] }] },
  },
  {
    ...claudeToOpenAi,
    name: 'a tool that was found is named in the result elsewhere',
    source: recorded,
    body: search,
    sent: { messages: [ask, {}, { role: 'tool', tool_call_id: 't', content: 'Tool loaded: clock' }] },
  },
]

const turns: RequestCase[] = [
  {
    ...claudeToClaude,
    native: true,
    name: 'an effort of a turn is left out, in words: the one at the top is sent',
    source: recorded,
    model: 'claude-opus-4-6',
    body: {
      messages: [ask, { role: 'system', content: 'Now.', output_config: { effort: 'low' } }],
      output_config: { effort: 'high' },
    },
    sent: { output_config: { effort: 'high' } },
    leftOut: ['messages.output_config'],
  },
]

export const claudeCode: RequestCase[] = [...billing, ...tools, ...hostile, ...references, ...turns]
