/** Content in the shapes of several APIs and frameworks, and images in more than one kind of base64. */
import {
  ask,
  back,
  called,
  calls,
  claudeToClaude,
  claudeToOpenAi,
  ours,
  PNG,
  type RequestCase,
  result,
  toClaude,
  toOther,
  toolsOf,
  use,
} from './types'

const user = (content: unknown) => ({ messages: [{ role: 'user', content }] })
const fromUser = (content: unknown) => ({ messages: [{ role: 'user', content }] })
const image = (url: string) => ({ type: 'image_url', image_url: { url } })
const png = `data:image/png;base64,${PNG}`
const bare = PNG.replace(/=+$/, '')
const URL_SAFE = '_9j_4AAQSkZJRg'

const texts: RequestCase[] = (
  [
    [[{ type: 'input_text', text: 'a' }], 'a', 'the Responses API; openai-agents'],
    [{ type: 'text', text: 'a' }, 'a', 'control: a lone part'],
    [['a'], 'a', 'control: texts in a list'],
    [[{ text: 'a' }], 'a', 'control: Bedrock’s parts'],
    [
      [
        { type: 'text', text: null },
        { type: 'text', text: 'a' },
      ],
      [{ text: 'a' }],
      'control: null says nothing',
    ],
    [[], '', 'control: a client without words'],
    [null, '', 'control: a client without words'],
  ] as const
).map(([content, sent, source]) => ({
  ...toOther,
  name: `a user’s content ${JSON.stringify(content)}`,
  source,
  body: user(content),
  sent: fromUser(sent),
}))

const images: RequestCase[] = (
  [
    ['raw bytes', PNG, png, 'control: clients that leave the data URL to the server'],
    ['no type', `data:;base64,${PNG}`, png, 'LLM-Red-Team/kimi-free-api#129'],
    [
      'a type that says nothing',
      `data:application/octet-stream;base64,${PNG}`,
      png,
      'web-infra-dev/midscene#1070',
    ],
    ['no padding', `data:image/png;base64,${bare}`, png, 'matatonic/openedai-vision#4'],
    ['a charset and blanks', ` data:image/png;charset=utf-8;base64, ${PNG}\n`, png, 'control'],
    [
      'the alphabet of URLs',
      `data:image/jpeg;base64,${URL_SAFE}`,
      'data:image/jpeg;base64,/9j/4AAQSkZJRg==',
      'control: Python’s urlsafe_b64encode',
    ],
  ] as const
).map(([what, given, sent, source]) => ({
  ...toOther,
  name: `an image with ${what}`,
  source,
  body: user([image(given)]),
  sent: fromUser([image(sent)]),
}))

const source = (more: object) => ({
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', ...more },
})
const sent = [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }]

const sources: RequestCase[] = (
  [
    ['a data URL as its bytes', source({ data: png }), 'anthropics/claude-code#6300 (variant)'],
    ['no padding', source({ data: bare }), 'matatonic/openedai-vision#4 (variant)'],
    ['no type', source({ data: PNG, media_type: null }), 'anthropics/claude-code#4661 (variant)'],
    ['OpenAI’s name', image(png), 'control: frameworks that translate half of a message'],
  ] as const
).map(([what, block, from]) => ({
  ...claudeToClaude,
  name: `Anthropic’s image with ${what}`,
  source: from,
  body: user([block]),
  sent: fromUser(sent),
}))

const toolTurn = (content: unknown) => ({
  messages: [ask, calls(called('a')), result('a', content)],
  tools: toolsOf('clock'),
})

export const parts: RequestCase[] = [
  ...texts,
  ...images,
  ...sources,
  {
    ...toClaude,
    name: 'Anthropic’s image block in a chat',
    source: 'control: MCP clients hand on what a tool gave',
    body: user([source({ data: PNG })]),
    sent: fromUser(sent),
  },
  {
    ...toClaude,
    name: 'an image in a tool’s result, with Anthropic’s names',
    source: 'BerriAI/litellm#23712 (variant)',
    body: toolTurn([source({ data: PNG })]),
    sent: { messages: [ask, { content: [use('a')] }, { content: [{ tool_use_id: 'a', content: sent }] }] },
  },
  ...(
    [
      [{ a: 1 }, '{"a":1}'],
      [7, '7'],
      [[{ a: 1 }], '[{"a":1}]'],
      [[], ''],
      [null, ''],
    ] as const
  ).map(
    ([content, text]): RequestCase => ({
      ...toOther,
      name: `a tool’s result ${JSON.stringify(content)} is sent as JSON`,
      source: 'control: agents that hand on what a function returned',
      body: toolTurn(content),
      sent: { messages: [ask, { role: 'assistant' }, { role: 'tool', content: text }] },
    }),
  ),
  {
    ...claudeToOpenAi,
    name: 'a tool’s result that is an object, in Anthropic’s shape',
    source: 'control: agents that hand on what a function returned',
    body: {
      messages: [
        ask,
        { role: 'assistant', content: [use('t')] },
        { role: 'user', content: [back('t', { a: 1 })] },
      ],
      tools: ours,
    },
    sent: { messages: [ask, { role: 'assistant' }, { role: 'tool', content: '{"a":1}' }] },
  },
  {
    ...toOther,
    name: 'an answer sent back in the shape of the Responses API',
    source: 'openai-agents',
    body: {
      messages: [
        ask,
        { role: 'assistant', content: [{ type: 'output_text', text: 'Yes.', annotations: [] }] },
        ask,
      ],
    },
    sent: { messages: [ask, { role: 'assistant', content: 'Yes.' }, ask] },
  },
  {
    ...claudeToClaude,
    name: 'a user’s turn without blocks, among others',
    source: 'control: a client whose attachment was taken away',
    body: { messages: [ask, { role: 'assistant', content: 'Yes?' }, { role: 'user', content: [] }] },
    sent: { messages: [ask, { role: 'assistant', content: 'Yes?' }] },
  },
  {
    ...claudeToClaude,
    name: 'nothing but turns without blocks is refused before the call',
    source: 'control',
    body: user([]),
    unsupported: 'none of them says anything',
  },
]
