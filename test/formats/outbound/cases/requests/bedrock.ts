/** The same clients, in front of AWS Bedrock. */
import {
  ask,
  back,
  type Common,
  called,
  calls,
  ours,
  PNG,
  type RequestCase,
  result,
  toolsOf,
  use,
} from './types'

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const toBedrock: Common = { from: 'chat', to: 'bedrock', model: CLAUDE }
const claudeToBedrock: Common = { from: 'messages', to: 'bedrock', model: CLAUDE }
const NEWEST = { model: 'global.anthropic.claude-opus-5-5' }
const LLAMA = { model: 'us.meta.llama4-maverick-17b-instruct-v1:0' }
const NOVA_2 = { model: 'us.amazon.nova-2-lite-v1:0' }
/** It names no model. */
const ARN = { model: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2' }

const TYPES = '@aws-sdk/client-bedrock-runtime 3.1164'
const user = (...content: object[]) => ({ messages: [{ role: 'user', content }] })
const said = (text: string) => ({ role: 'user', content: [{ text }] })
const words = { type: 'text', text: 'Read this.' }
const PDF = 'JVBERi0xLjQK'
const pdf = (title?: string) => ({
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: PDF },
  ...(title === undefined ? {} : { title }),
})
const document = (name: string) => ({ document: { format: 'pdf', name, source: { bytes: PDF } } })
const image = { image: { format: 'png', source: { bytes: PNG } } }
const mark = { cache_control: { type: 'ephemeral' } }
const cachePoint = { cachePoint: { type: 'default' } }
const clock = (json: object = { type: 'object', properties: {} }) => ({
  toolSpec: { name: 'clock', inputSchema: { json } },
})
const turn = (...content: object[]) => ({ role: 'user', content })

const contents: RequestCase[] = [
  {
    ...toBedrock,
    name: 'an image as a data URL is its bytes, by the type that they show',
    source: TYPES,
    body: user({ type: 'image_url', image_url: { url: `data:image/jpeg;base64,${PNG}` } }),
    sent: { messages: [turn(image)] },
  },
  {
    ...toBedrock,
    name: 'an image by its address is refused before the call',
    source: `${TYPES} (ImageSource: bytes or S3)`,
    body: user({ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }),
    unsupported: 'images',
  },
  {
    ...toBedrock,
    name: 'an image of a type that it does not read is refused before the call',
    source: `${TYPES} (ImageFormat)`,
    body: user({ type: 'image_url', image_url: { url: 'data:image/tiff;base64,AAAA' } }),
    unsupported: 'tiff is none of',
  },
  {
    ...claudeToBedrock,
    name: 'documents have names that Bedrock takes, and no name twice',
    source: 'maximhq/bifrost#7003; anomalyco/opencode#19964; vercel/ai#20366',
    body: user(words, pdf("John's  report.pdf"), pdf('John s Report.PDF'), pdf(), pdf('报告.pdf')),
    sent: {
      messages: [
        turn(
          { text: 'Read this.' },
          document('John s report'),
          document('John s Report (2)'),
          document('document'),
          document('document (2)'),
        ),
      ],
    },
  },
  {
    ...toBedrock,
    name: 'a file of OpenAI’s is a document by its media type',
    source: `${TYPES} (DocumentFormat)`,
    body: user(words, { type: 'file', file: { filename: 'a.csv', file_data: 'data:text/csv;base64,YSxi' } }),
    sent: {
      messages: [
        turn({ text: 'Read this.' }, { document: { format: 'csv', name: 'a', source: { bytes: 'YSxi' } } }),
      ],
    },
  },
  {
    ...toBedrock,
    name: 'a file of a type that it does not read is refused before the call',
    source: `${TYPES} (DocumentFormat)`,
    body: user(words, {
      type: 'file',
      file: { filename: 'a.zip', file_data: 'data:application/zip;base64,AAAA' },
    }),
    unsupported: 'has no place in this API',
  },
  {
    ...claudeToBedrock,
    name: 'a document without a text beside it is refused before the call',
    source: `${TYPES} (Message: a document needs a text)`,
    body: user(pdf('a.pdf')),
    unsupported: 'without a text beside it',
  },
  {
    ...claudeToBedrock,
    name: 'images and documents stand within the result of a tool; its failure is a status',
    source: `${TYPES} (ToolResultBlock)`,
    body: {
      messages: [
        ask,
        { role: 'assistant', content: [use('t')] },
        turn({ ...back('t', [words, pdf('a.pdf')]), is_error: true }),
      ],
      tools: ours,
    },
    sent: {
      messages: [
        said('Ask.'),
        { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'clock', input: {} } }] },
        turn({
          toolResult: { toolUseId: 't', content: [{ text: 'Read this.' }, document('a')], status: 'error' },
        }),
      ],
    },
  },
  {
    ...toBedrock,
    name: 'blank texts are left out, ids are made to fit, results stand behind their calls',
    source:
      'aws-samples/generative-ai-use-cases#1685 (text must be non-empty); API reference of ToolUseBlock',
    body: {
      messages: [
        { role: 'system', content: ' ' },
        ask,
        { ...calls(called('call:a|1')), content: ' ' },
        result('call:a|1', ''),
        { role: 'user', content: 'So?' },
      ],
      tools: toolsOf('clock'),
    },
    sent: {
      system: null,
      messages: [
        said('Ask.'),
        { role: 'assistant', content: [{ toolUse: { toolUseId: 'call_a_1', name: 'clock', input: {} } }] },
        turn({ toolResult: { toolUseId: 'call_a_1', content: [] } }, { text: 'So?' }),
      ],
    },
  },
]

const marks: RequestCase[] = [
  {
    ...claudeToBedrock,
    name: 'marks for the prompt cache are blocks behind what they mark; within a result behind the result',
    source: `${TYPES} (CachePointBlock)`,
    body: {
      system: [{ type: 'text', text: 'Be brief.', ...mark }],
      messages: [
        turn({ ...words, cache_control: { type: 'ephemeral', ttl: '1h' } }),
        { role: 'assistant', content: [use('t')] },
        turn(
          back('t', [
            words,
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG }, ...mark },
          ]),
        ),
      ],
      tools: [{ ...ours[0], ...mark }],
    },
    sent: {
      system: [{ text: 'Be brief.' }, cachePoint],
      messages: [
        turn({ text: 'Read this.' }, { cachePoint: { type: 'default', ttl: '1h' } }),
        { role: 'assistant' },
        turn({ toolResult: { toolUseId: 't', content: [{ text: 'Read this.' }, image] } }, cachePoint),
      ],
      toolConfig: { tools: [clock(), cachePoint] },
    },
  },
  {
    ...claudeToBedrock,
    ...LLAMA,
    name: 'marks are left out for models that refuse them',
    source: 'AWS, "Prompt caching": supported models',
    body: user({ ...words, ...mark }),
    sent: { messages: [said('Read this.')] },
    leftOut: ['cache_control'],
  },
]

const tools: RequestCase[] = [
  {
    ...toBedrock,
    name: 'tools that must not be called are left out',
    source: 'boto/boto3#4687 (there is no none)',
    body: { messages: [ask], tools: toolsOf('clock'), tool_choice: 'none' },
    sent: { toolConfig: null },
  },
  {
    ...toBedrock,
    name: 'tools that must not be called are refused beside earlier calls, which need them',
    source: 'experientiallabs/experiential#399',
    body: { messages: [ask, calls(called('a')), result('a')], tools: toolsOf('clock'), tool_choice: 'none' },
    unsupported: 'toolChoice none',
  },
  {
    ...toBedrock,
    name: 'a history with calls has the tools that it names, where the caller has none',
    source: 'vxcontrol/pentagi#196; patriceckhart/zot#18',
    body: { messages: [ask, calls(called('a')), result('a')] },
    sent: { toolConfig: { tools: [clock()] } },
  },
  {
    ...toBedrock,
    name: 'one call at a time can’t be said',
    source: `${TYPES} (ToolConfiguration)`,
    body: { messages: [ask], tools: toolsOf('clock'), parallel_tool_calls: false },
    unsupported: 'parallelToolCalls',
  },
  {
    ...claudeToBedrock,
    name: 'a tool of Anthropic’s own is refused before the call',
    source: `${TYPES} (Tool)`,
    body: { messages: [ask], tools: [{ type: 'bash_20250124', name: 'bash' }] },
    unsupported: "Anthropic's own",
  },
]

const families: RequestCase[] = [
  {
    ...toBedrock,
    ...NEWEST,
    name: 'an effort of Claude’s is a word',
    source: `${TYPES} (OutputConfig.effort)`,
    body: { messages: [ask], reasoning_effort: 'high' },
    sent: { outputConfig: { effort: 'high' }, additionalModelRequestFields: null },
  },
  {
    ...toBedrock,
    name: 'an effort of an older Claude’s is a budget, with a limit above it',
    source: 'AWS, "Extended thinking"',
    body: { messages: [ask], reasoning_effort: 'low', max_tokens: undefined },
    sent: {
      inferenceConfig: { maxTokens: 10_240 },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2048 } },
    },
  },
  {
    ...claudeToBedrock,
    ...NEWEST,
    name: 'Claude’s own thinking is a field of the model’s',
    source: '8monkey-ai/hebo-gateway#217; BerriAI/litellm#36507',
    body: { messages: [ask], max_tokens: 4000, thinking: { type: 'adaptive' } },
    sent: {
      additionalModelRequestFields: { thinking: { type: 'adaptive' } },
      inferenceConfig: { maxTokens: 4000 },
    },
  },
  {
    ...claudeToBedrock,
    name: 'a budget is left off behind a tool’s result without thoughts of Bedrock’s own: others are not sent',
    source: 'AWS, "Extended thinking" (the thoughts have to come back)',
    body: {
      max_tokens: 4000,
      thinking: { type: 'enabled', budget_tokens: 2000 },
      messages: [
        ask,
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm.', signature: 'EqQB' }, use('t')] },
        turn(back('t')),
      ],
      tools: ours,
    },
    sent: {
      additionalModelRequestFields: null,
      messages: [said('Ask.'), { content: [{ toolUse: { toolUseId: 't' } }] }, { role: 'user' }],
    },
  },
  {
    ...claudeToBedrock,
    name: 'top_k of Claude’s is a field of the model’s',
    source: 'AWS, "Anthropic Claude Messages API"',
    body: { messages: [ask], max_tokens: 9, top_k: 40 },
    sent: { additionalModelRequestFields: { top_k: 40 }, inferenceConfig: { maxTokens: 9 } },
  },
  {
    ...claudeToBedrock,
    ...NOVA_2,
    name: 'top_k of Nova’s stands beside its own limits',
    source: 'AWS, "Complete request schema" of Nova',
    body: { messages: [ask], max_tokens: 9, top_k: 40 },
    sent: { additionalModelRequestFields: { inferenceConfig: { topK: 40 } } },
  },
  {
    ...claudeToBedrock,
    ...LLAMA,
    name: 'top_k of another model is refused before the call',
    source: 'error bedrock: 400 extraneous key',
    body: { messages: [ask], max_tokens: 9, top_k: 40 },
    unsupported: 'topK',
  },
  ...(
    [
      ['openai.gpt-oss-120b-1:0', { reasoning_effort: 'high' }, 'langchain-ai/docs#5239'],
      ['moonshot.kimi-k2-thinking', { reasoning_effort: 'high' }, 'langchain-ai/docs#5239'],
      ['openai.gpt-6-luna', { reasoning: { effort: 'high' } }, 'stdapi-ai/stdapi.ai#283'],
      [
        NOVA_2.model,
        { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } },
        'stdapi-ai/stdapi.ai#7',
      ],
    ] as const
  ).map(
    ([model, additionalModelRequestFields, source]): RequestCase => ({
      ...toBedrock,
      model,
      name: `an effort of ${model}`,
      source,
      body: { messages: [ask], reasoning_effort: 'high' },
      sent: { additionalModelRequestFields },
    }),
  ),
  ...[LLAMA.model, 'us.amazon.nova-pro-v1:0'].map(
    (model): RequestCase => ({
      ...toBedrock,
      model,
      name: `an effort of ${model} is refused before the call`,
      source: 'UKGovernmentBEIS/inspect_ai#5301',
      body: { messages: [ask], reasoning_effort: 'high' },
      unsupported: 'reasoningEffort',
    }),
  ),
  {
    ...claudeToBedrock,
    ...ARN,
    name: 'an ARN that names no model is sent what the newest Claude takes',
    source: 'BerriAI/litellm#36507 (application inference profiles)',
    body: { max_tokens: 9, ...user({ ...words, ...mark }), output_config: { effort: 'max' } },
    sent: { messages: [turn({ text: 'Read this.' }, cachePoint)], outputConfig: { effort: 'max' } },
  },
  {
    ...claudeToBedrock,
    ...NEWEST,
    name: 'labels and words of beta headers are left out, and named',
    source: TYPES,
    headers: { 'anthropic-beta': 'context-1m-2025-08-07' },
    body: { messages: [ask], max_tokens: 9, metadata: { user_id: 'u' } },
    leftOut: ['anthropic-beta', 'metadata'],
  },
]

export const bedrock: RequestCase[] = [...contents, ...marks, ...tools, ...families]
