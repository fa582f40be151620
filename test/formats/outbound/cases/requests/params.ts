/** Parameters, labels, and what some clients write otherwise. */
import { ask, claudeToClaude, type RequestCase, toClaude, toOpenAi, toOther, toolsOf } from './types'

export const parameters: RequestCase[] = [
  {
    ...toOpenAi,
    model: 'o3-mini',
    name: 'a model that calls one tool at a time is sent no field for it',
    source: 'control: o1 and o3-mini refuse the field',
    body: { messages: [ask], tools: toolsOf('clock'), parallel_tool_calls: false },
    sent: { parallel_tool_calls: null },
  },
  {
    ...toOther,
    name: 'any JSON object is requested as such',
    source: 'UKGovernmentBEIS/inspect_ai#4916; BerriAI/litellm#31466 (DeepSeek takes no json_schema)',
    body: { messages: [ask], response_format: { type: 'json_object' } },
    sent: { response_format: { type: 'json_object' } },
  },
  {
    ...toClaude,
    name: 'any JSON object is requested by the caller’s words alone where there is no such mode',
    source: 'control: the answer is checked all the same',
    body: { messages: [ask], response_format: { type: 'json_object' } },
    sent: { output_config: null },
  },
  {
    ...toOther,
    name: 'no reasoning is requested as such',
    source: 'livekit/agents#3966',
    body: { messages: [ask], reasoning_effort: 'none' },
    sent: { reasoning_effort: 'none' },
  },
  {
    ...toClaude,
    name: 'no reasoning asks Anthropic for none',
    source: 'livekit/agents#3966 (variant)',
    body: { messages: [ask], reasoning_effort: 'none' },
    sent: { thinking: null, output_config: null },
  },
  {
    ...toOpenAi,
    name: 'five stops are refused before the call where four are taken',
    source: "OpenAI's reference: up to 4 sequences",
    body: { messages: [ask], stop: ['a', 'b', 'c', 'd', 'e'] },
    unsupported: 'stop has more than the four that are taken',
  },
  {
    ...toClaude,
    name: 'a stop of blanks is refused before the call',
    source: 'BerriAI/litellm#3286; EleutherAI/lm-evaluation-harness#3822',
    body: { messages: [ask], stop: ['\n'] },
    unsupported: 'stop of blanks alone',
  },
  {
    ...toOther,
    name: 'labels, keys of caches and tiers are left out where the server may refuse them, and named',
    source: "LangChain's, LlamaIndex's and Codex's bodies",
    body: {
      messages: [ask],
      user: 'u',
      metadata: { a: 'b' },
      store: false,
      prompt_cache_key: 'k',
      safety_identifier: 's',
      service_tier: 'auto',
      verbosity: 'low',
      client_metadata: { session: 'x' },
    },
    sent: { user: null, metadata: null, store: null, service_tier: null },
    leftOut: [
      'user',
      'metadata',
      'store',
      'prompt_cache_key',
      'safety_identifier',
      'service_tier',
      'verbosity',
      'client_metadata',
    ],
  },
  {
    ...toOpenAi,
    native: true,
    name: 'they are passed on to OpenAI',
    source: 'control',
    body: { messages: [ask], user: 'u', store: false, service_tier: 'flex' },
    sent: { user: 'u', store: false, service_tier: 'flex' },
    leftOut: [],
  },
]

export const efforts: RequestCase[] = (
  [
    ['claude-opus-4-5', 'xhigh', 'high'],
    ['claude-opus-4-5', 'max', 'high'],
    ['claude-sonnet-4-6', 'xhigh', 'high'],
    ['claude-opus-4-6', 'max', 'max'],
    ['claude-opus-4-7', 'xhigh', 'xhigh'],
    ['claude-opus-4-6', 'minimal', 'low'],
  ] as const
).map(([model, effort, sent]) => ({
  ...toClaude,
  model,
  name: `${model} is requested ${sent} where ${effort} was meant`,
  source: 'checkmarble/llmberjack#14 (the levels of each model)',
  body: { messages: [ask], reasoning_effort: effort },
  sent: { output_config: { effort: sent } },
}))

export const oddities: RequestCase[] = [
  {
    ...toOther,
    name: 'thoughts among the parts of an answer are left out',
    source: "LangChain's content blocks",
    body: {
      messages: [
        ask,
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm' },
            { type: 'text', text: 'Yes.' },
          ],
        },
        ask,
      ],
    },
    sent: { messages: [ask, { role: 'assistant', content: 'Yes.' }, ask] },
  },
  {
    ...toOther,
    name: 'limits of -1 and penalties that change nothing are none',
    source: "vLLM's and LM Studio's clients",
    body: { messages: [ask], max_tokens: -1, top_k: -1, min_p: 0, repetition_penalty: 1 },
    sent: { max_tokens: null, top_k: null, min_p: null },
  },
  {
    ...claudeToClaude,
    name: 'an output format in its older place',
    source: 'control: the beta structured-outputs-2025-11-13',
    body: {
      messages: [ask],
      output_format: {
        type: 'json_schema',
        schema: { type: 'object', properties: { a: { type: 'string' } } },
      },
    },
    sent: { output_config: { format: { type: 'json_schema' } } },
  },
  {
    ...claudeToClaude,
    name: 'an assistant whose content is null',
    source: 'control: proxies that translate from OpenAI’s shape',
    body: { messages: [ask, { role: 'assistant', content: null }, ask] },
    sent: { messages: [{ role: 'user' }] },
  },
]
