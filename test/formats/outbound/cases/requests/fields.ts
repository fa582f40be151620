/** Fields that clients send by themselves, in the words of several servers. */
import {
  ask,
  called,
  calls,
  claudeToClaude,
  type RequestCase,
  result,
  toClaude,
  toOpenAi,
  toOther,
  toolsOf,
} from './types'

const chat = (more: object) => ({ messages: [ask], ...more })
const schema = { type: 'object', properties: { a: { type: 'string' } } }
const responseFormat = { type: 'json_schema', json_schema: { schema } }

const nothing: RequestCase[] = (
  [
    [{ top_k: 0 }, 'Open WebUI, SillyTavern'],
    [{ stop: '' }, 'control: a form with an empty field'],
    [{ stop: ['', null] }, 'control: a form with empty fields'],
    [{ reasoning_effort: '' }, 'control: a form with an empty field'],
    [{ reasoning_effort: 'auto' }, 'control: LibreChat’s default'],
    [{ reasoning_effort: 'default' }, "Groq's own word"],
    [{ logit_bias: {} }, 'control'],
    [
      { top_a: 0, typical_p: 1, best_of: 1, echo: false, ignore_eos: false, safe_prompt: false },
      'SillyTavern, vLLM’s benchmarks',
    ],
  ] as const
).map(([more, source]) => ({
  ...toOther,
  name: `${JSON.stringify(more)} asks for nothing`,
  source,
  body: chat(more),
  sent: { top_k: null, stop: null, reasoning_effort: null, logit_bias: null, top_a: null, echo: null },
  leftOut: [],
}))

const efforts: RequestCase[] = (
  [
    [{ reasoning_effort: 'High' }, 'high', 'control: menus that write words as they show them'],
    [{ reasoning: { enabled: false } }, 'none', "OpenRouter's docs"],
    [{ reasoning: { max_tokens: 9_000 } }, 'medium', "OpenRouter's docs"],
    [{ reasoning: { effort: 'low', exclude: true } }, 'low', "OpenRouter's docs"],
    [{ thinking: { type: 'enabled', budget_tokens: 2_048 } }, 'low', 'LiteLLM’s clients'],
  ] as const
).map(([more, sent, source]) => ({
  ...toOther,
  name: `${JSON.stringify(more)} asks for the effort ${sent}`,
  source,
  body: chat(more),
  sent: { reasoning_effort: sent },
}))

const formats: RequestCase[] = (
  [
    [{ type: 'json_schema', json_schema: { schema } }, 'control: a schema without a name'],
    [{ type: 'json_schema', json_schema: { name: '', schema } }, 'control: an empty name'],
    [{ type: 'json_object', schema }, 'Together, llama.cpp and Fireworks'],
    [{ type: 'json_schema', name: 'x', schema }, 'the Responses API'],
  ] as const
).map(([response_format, source]) => ({
  ...toOther,
  name: `the response format ${JSON.stringify(response_format)} is a schema`,
  source,
  body: chat({ response_format }),
  sent: { response_format: responseFormat },
}))

const thinks = (type: string, more: object = {}) => ({ ...chat({}), thinking: { type }, ...more })

export const fields: RequestCase[] = [
  ...nothing,
  ...efforts,
  ...formats,
  {
    ...toOpenAi,
    name: 'a bias of tokens is passed on',
    source: 'control',
    body: chat({ logit_bias: { 50256: -100 } }),
    sent: { logit_bias: { 50256: -100 } },
  },
  {
    ...toClaude,
    name: 'a bias of tokens is refused before the call where there is none',
    source: 'control',
    body: chat({ logit_bias: { 50256: -100 } }),
    unsupported: 'logitBias has no place',
  },
  ...(['deepseek-chat', 'glm-4.6', 'kimi-k2.5'] as const).map(
    (model): RequestCase => ({
      ...toOther,
      model,
      name: `${model} gets the maker’s own field for thinking, or for none`,
      source: 'the makers’ references',
      body: thinks('disabled'),
      sent: { thinking: { type: 'disabled' } },
      leftOut: [],
    }),
  ),
  {
    ...toOther,
    model: 'deepseek-chat',
    name: 'thinking stays off behind tool calls, whose thoughts are not there',
    source: 'control: reasoning_content is requested there',
    body: thinks('enabled', {
      messages: [ask, calls(called('a')), result('a')],
      tools: toolsOf('clock'),
    }),
    sent: { thinking: null },
    leftOut: ['thinking'],
  },
  {
    ...toOther,
    name: 'a word for thinking that a server may refuse is left out, and named',
    source: 'control',
    body: thinks('disabled'),
    sent: { thinking: null },
    leftOut: ['thinking'],
  },
  {
    ...toClaude,
    name: 'thinking in a chat reaches Claude',
    source: 'LiteLLM’s clients',
    body: { ...chat({}), max_tokens: 9_000, thinking: { type: 'enabled', budget_tokens: 2_048 } },
    sent: { thinking: { type: 'enabled', budget_tokens: 2_048 } },
  },
  {
    ...toClaude,
    name: 'thinking without a budget gets a middling one where Claude asks for it',
    source: "control: DeepSeek's way to say it, on a route to Claude",
    body: { ...thinks('enabled'), max_tokens: 9_000 },
    sent: { thinking: { type: 'enabled', budget_tokens: 8_192 } },
  },
  {
    ...toOpenAi,
    native: true,
    name: 'OpenAI is not sent what it does not know, nor labels that are no texts',
    source: "control: its error 'Unknown parameter'; Codex’s client_metadata",
    body: chat({
      user: 'u',
      metadata: { a: 'b', n: 1 },
      client_metadata: { x: 'y' },
      session_id: 's',
      tags: ['t'],
      usage: { include: true },
      chat_id: 'c',
      cache_control: { type: 'ephemeral' },
      keep_alive: '5m',
    }),
    sent: {
      user: 'u',
      metadata: { a: 'b' },
      client_metadata: null,
      session_id: null,
      usage: null,
      tags: null,
    },
    leftOut: [
      'metadata',
      'client_metadata',
      'session_id',
      'tags',
      'usage',
      'chat_id',
      'cache_control',
      'keep_alive',
    ],
  },
  {
    ...claudeToClaude,
    native: true,
    name: 'Anthropic is sent the one label that it knows',
    source: "control: its error 'metadata.…: Extra inputs are not permitted'",
    body: chat({ metadata: { user_id: 'u', trace: 't' }, client_metadata: { x: 'y' }, fallbacks: [] }),
    sent: { metadata: { user_id: 'u' }, client_metadata: null, fallbacks: null },
    leftOut: ['metadata', 'client_metadata', 'fallbacks'],
  },
  {
    ...claudeToClaude,
    native: true,
    name: 'no label of Anthropic’s is no metadata',
    source: 'control',
    body: chat({ metadata: { trace: 't' }, top_k: 0, stop_sequences: [''] }),
    sent: { metadata: null, top_k: null, stop_sequences: null },
    leftOut: ['metadata'],
  },
]
