/** Documents, files and sound. */
import {
  ask,
  back,
  claudeToClaude,
  claudeToOpenAi,
  ours,
  type RequestCase,
  toClaude,
  toOpenAi,
  toOther,
  use,
} from './types'

const DATA = 'JVBERi0xLjQK'
const pdf = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: DATA } }
const marked = { ...pdf, title: 'a.pdf', cache_control: { type: 'ephemeral' } }
const file = (name: string) => ({
  type: 'file',
  file: { filename: name, file_data: `data:application/pdf;base64,${DATA}` },
})
const words = { type: 'text', text: 'Read this.' }
const user = (...content: object[]) => ({ messages: [{ role: 'user', content }] })
const read = (content: unknown) => ({
  messages: [
    ask,
    { role: 'assistant', content: [use('t')] },
    { role: 'user', content: [back('t', content)] },
  ],
  tools: ours,
})
const search = { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'x' }] }
const sound = { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }

export const documents: RequestCase[] = [
  {
    ...claudeToClaude,
    name: 'a PDF reaches Anthropic as it was sent, with its mark',
    source: 'jundot/omlx#434; jwadow/kiro-gateway#165 (Claude Code reads a PDF)',
    body: user(words, marked),
    sent: user(words, marked),
  },
  {
    ...claudeToClaude,
    name: 'a PDF as a tool’s result',
    source: 'jwadow/kiro-gateway#165',
    body: read([words, pdf]),
    sent: { messages: [ask, { role: 'assistant' }, { content: [{ content: [words, pdf] }] }] },
  },
  {
    ...claudeToOpenAi,
    name: 'a PDF is a file in OpenAI’s words',
    source: 'router-for-me/CLIProxyAPI#4765 (it was dropped in silence)',
    body: user(words, marked),
    sent: user(words, file('a.pdf')),
  },
  {
    ...claudeToOpenAi,
    name: 'a PDF of a tool’s result follows it',
    source: 'router-for-me/CLIProxyAPI#4765 (variant)',
    body: read([words, pdf]),
    sent: {
      messages: [
        ask,
        { role: 'assistant' },
        { role: 'tool', content: 'Read this.' },
        { role: 'user', content: [{ type: 'text' }, file('document.pdf')] },
      ],
    },
  },
  {
    ...claudeToOpenAi,
    name: 'a document that is text is text elsewhere',
    source: 'jwadow/kiro-gateway#165 (variant)',
    body: user({
      type: 'document',
      title: 'T',
      source: { type: 'text', media_type: 'text/plain', data: 'a' },
    }),
    sent: user({ type: 'text', text: 'T\n\na' }),
  },
  {
    ...toClaude,
    name: 'OpenAI’s file is a document in Anthropic’s words',
    source: 'control',
    body: user(words, file('a.pdf')),
    sent: user(words, { ...pdf, title: 'a.pdf' }),
  },
  {
    ...toOpenAi,
    name: 'files and sound reach OpenAI as they were sent',
    source: 'control',
    body: user(words, sound, { type: 'file', file: { file_id: 'file-1' } }),
    sent: user(words, sound, { type: 'file', file: { file_id: 'file-1' } }),
  },
  {
    ...toOther,
    name: 'parts that only some servers know are theirs to take',
    source: 'vLLM’s multimodal inputs',
    body: user(words, { type: 'video_url', video_url: { url: 'https://e.com/a.mp4' } }),
    sent: user(words, { type: 'video_url', video_url: { url: 'https://e.com/a.mp4' } }),
  },
  {
    ...toOther,
    to: 'openai-completions',
    name: 'a plain completion has no place for a file',
    source: 'control',
    body: user(words, file('a.pdf')),
    unsupported: 'a part of type file has no place in this API',
  },
  {
    ...toClaude,
    name: 'sound is refused before the call where no model takes it',
    source: 'control',
    body: user(words, sound),
    unsupported: 'a part of type input_audio has no place in this API',
  },
  {
    ...toClaude,
    name: 'a file of OpenAI’s store is refused before the call elsewhere',
    source: 'control',
    body: user(words, { type: 'file', file: { file_id: 'file-1' } }),
    unsupported: 'a part of type file has no place in this API',
  },
  ...[
    search,
    { type: 'container_upload', file_id: 'f' },
    { type: 'image', source: { type: 'file', file_id: 'f' } },
    { type: 'document', source: { type: 'url', url: 'https://e.com/a.pdf' } },
  ].flatMap((block): RequestCase[] => [
    {
      ...claudeToClaude,
      name: `${JSON.stringify(block)} is Anthropic’s to take`,
      source: "the official client's types",
      body: user(words, block),
      sent: user(words, block),
    },
    {
      ...claudeToOpenAi,
      name: `${JSON.stringify(block)} is refused before the call elsewhere`,
      source: "the official client's types",
      body: user(words, block),
      unsupported: `a part of type ${block.type} has no place in this API`,
    },
  ]),
]
