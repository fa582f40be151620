/** What the facts of a model change of a request: the words for effort, sampling, forced tools; each by its encoder. */
import { MODEL_FACTS } from '../../../src/config/model-facts'
import {
  type GenerationRequest,
  type Params,
  REASONING_EFFORTS,
  type ReasoningEffort,
} from '../../../src/domain/request/request'
import type { ModelFacts } from '../../../src/domain/routing/route'
import { wireFormat } from '../../../src/formats/outbound'
import { nearestEffort } from '../../../src/formats/outbound/model-rules'
import type { Api } from '../../../src/formats/outbound/wire-format'

const TOOL = { name: 'weather', parameters: { type: 'object', properties: {} } }

interface Given {
  params?: Params
  facts?: ModelFacts
  unsupportedParams?: 'fail' | 'drop'
  more?: Partial<GenerationRequest>
}

const encode = (
  api: Api,
  model: string,
  { params = {}, facts = {}, unsupportedParams = 'fail', more = {} }: Given,
) =>
  wireFormat(api).encode({
    request: { messages: [{ role: 'user', content: 'Weather?' }], params, ...more },
    provider: 'p',
    model,
    facts,
    stream: false,
    unsupportedParams,
  })

function sent(...args: Parameters<typeof encode>) {
  const outcome = encode(...args)
  if (!outcome.ok) throw new Error(outcome.failure.message)
  return outcome.value
}

/** Under the facts that are shipped for it. */
const shipped = (target: string): ModelFacts => {
  const { api: _api, ...facts } = MODEL_FACTS[target] ?? {}
  return facts
}

const APIS: [Api, (body: object) => unknown][] = [
  ['openai-chat', (body) => (body as { reasoning_effort?: string }).reasoning_effort],
  ['openai-responses', (body) => (body as { reasoning?: { effort: string } }).reasoning?.effort],
  ['anthropic-messages', (body) => (body as { output_config?: { effort: string } }).output_config?.effort],
]

describe('effort', () => {
  it.each([
    ['minimal', ['low', 'medium', 'high'], 'low'],
    ['none', ['low', 'medium', 'high'], 'low'],
    ['minimal', ['none', 'low'], 'low'],
    ['xhigh', ['low', 'high', 'max'], 'high'],
    ['medium', ['low', 'high', 'max'], 'low'],
    ['max', ['none', 'high'], 'high'],
    ['low', ['none', 'high'], 'high'],
    ['low', ['none'], 'low'],
    ['high', [], 'high'],
  ] as [ReasoningEffort, ReasoningEffort[], ReasoningEffort][])(
    '%s of %j is %s',
    (wanted, taken, expected) => {
      expect(nearestEffort(wanted, taken)).toBe(expected)
    },
  )

  it.each(APIS)(
    '%s: another word than the model takes is sent as the nearest, and named',
    (api, effortIn) => {
      const facts: ModelFacts = { efforts: ['low', 'high'] }
      const { body, leftOut } = sent(api, 'm', { params: { reasoningEffort: 'max' }, facts })
      expect(effortIn(body)).toBe('high')
      expect(leftOut).toEqual(['reasoningEffort max (sent as high)'])
    },
  )

  it.each(APIS)('%s: a word that it takes is sent as it is, and nothing is named', (api, effortIn) => {
    const { body, leftOut } = sent(api, 'm', {
      params: { reasoningEffort: 'high' },
      facts: { efforts: ['high'] },
    })
    expect([effortIn(body), leftOut]).toEqual(['high', []])
  })

  it.each(REASONING_EFFORTS.map((effort) => [effort]))(
    'every shipped model takes what %s becomes',
    (effort) => {
      for (const [target, { efforts, tools }] of Object.entries(MODEL_FACTS)) {
        if (efforts === undefined) continue
        expect([target, efforts, tools]).toEqual([
          target,
          expect.arrayContaining([nearestEffort(effort, efforts)]),
          true,
        ])
      }
    },
  )

  it.each([
    ['claude-opus-5-5', 'none', { output_config: { effort: 'low' } }],
    ['claude-sonnet-5-5', 'none', { thinking: { type: 'between_tools' } }],
    ['claude-haiku-5-5', 'none', { thinking: { type: 'disabled' } }],
    ['claude-opus-5', 'none', { thinking: { type: 'disabled' } }],
    ['claude-fable-5', 'none', { output_config: { effort: 'low' } }],
  ] as const)('%s is sent %s in its own way', (model, reasoningEffort, expected) => {
    const { body } = sent('anthropic-messages', model, { params: { reasoningEffort } })
    expect(body).toMatchObject(expected)
    expect('thinking' in body && 'output_config' in body).toBe(false)
  })

  it.each([
    ['claude-opus-5-5', undefined, ['thinking']],
    ['claude-sonnet-5-5', { type: 'between_tools' }, []],
    ['claude-opus-4-6', { type: 'disabled' }, []],
  ] as const)('%s: a wish of its own for no thoughts is sent as %j', (model, thinking, named) => {
    const { body, leftOut } = sent('anthropic-messages', model, {
      params: { thinking: { type: 'disabled' } },
    })
    expect([body.thinking, leftOut]).toEqual([thinking, named])
  })

  it('beside no thoughts no effort above high is sent: it would be refused', () => {
    const params: Params = { reasoningEffort: 'max', thinking: { type: 'disabled' } }
    expect(sent('anthropic-messages', 'claude-opus-5', { params }).body).toMatchObject({
      thinking: { type: 'disabled' },
      output_config: { effort: 'high' },
    })
  })
})

describe('sampling', () => {
  const everywhere: [Api][] = [
    ['openai-chat'],
    ['openai-responses'],
    ['openai-completions'],
    ['anthropic-messages'],
  ]

  it.each(everywhere)(
    '%s: a model that takes none refuses it, and drops it where the route says so',
    (api) => {
      const params: Params = { temperature: 0.2, topP: 0.5 }
      const facts: ModelFacts = { sampling: 'never' }
      expect(encode(api, 'm', { params, facts })).toMatchObject({
        failure: {
          class: 'unsupported',
          message: expect.stringContaining('temperature is not taken by this model'),
        },
      })
      const { body, leftOut } = sent(api, 'm', { params, facts, unsupportedParams: 'drop' })
      expect(body).not.toHaveProperty('temperature')
      expect(body).not.toHaveProperty('top_p')
      expect(leftOut).toEqual(['temperature', 'topP'])
    },
  )

  it.each(everywhere)('%s: 1 is the default, and passes', (api) => {
    expect(encode(api, 'm', { params: { temperature: 1, topP: 1 }, facts: { sampling: 'never' } }).ok).toBe(
      true,
    )
  })

  it.each([
    ['openai/gpt-5.4', {}, true],
    ['openai/gpt-5.4', { reasoningEffort: 'low' }, false],
    ['openai/gpt-6-luna', {}, false],
    ['openai/gpt-6-luna', { reasoningEffort: 'none' }, true],
    // It has no `none`: what is sent is `low`.
    ['openai/gpt-6.1-sol', { reasoningEffort: 'none' }, false],
    ['openai/gpt-5', {}, false],
    ['openai/gpt-4.1', {}, true],
  ] as [string, Params, boolean][])('%s with %j takes a temperature: %s', (target, params, takes) => {
    const given = { params: { ...params, temperature: 0.2 }, facts: shipped(target) }
    expect(encode('openai-responses', target.slice('openai/'.length), given).ok).toBe(takes)
  })

  it.each([
    ['openai-chat', 'gpt-5'],
    ['anthropic-messages', 'claude-opus-5-5'],
  ] as const)('%s: a fact of the config wins over the name %s', (api, model) => {
    const params: Params = { temperature: 0.2 }
    expect(encode(api, model, { params }).ok).toBe(false)
    expect(encode(api, model, { params, facts: { sampling: 'always' } }).ok).toBe(true)
  })
})

describe('forced tools', () => {
  const forced: GenerationRequest['toolChoice'][] = ['required', { tool: 'weather' }]

  it.each(APIS.flatMap(([api]) => forced.map((choice) => [api, choice] as const)))(
    '%s: a model that can not be made to call one refuses %j, whatever the route drops',
    (api, toolChoice) => {
      const given = { facts: { forcedTools: false }, more: { tools: [TOOL], toolChoice } }
      for (const unsupportedParams of ['fail', 'drop'] as const)
        expect(encode(api, 'm', { ...given, unsupportedParams })).toMatchObject({
          failure: { class: 'unsupported', message: expect.stringContaining('toolChoice') },
        })
      expect(encode(api, 'm', { ...given, more: { tools: [TOOL], toolChoice: 'auto' } }).ok).toBe(true)
    },
  )

  it.each([
    ['claude-opus-5-5', false],
    ['claude-sonnet-5-5', false],
    ['claude-fable-5-1', false],
    // Not known: what the newest known ones do.
    ['claude-opus-6', false],
    ['claude-haiku-5-5', true],
    ['claude-opus-5', true],
    ['anthropic.claude-sonnet-5-v1:0', true],
    ['claude-opus-4-6', true],
    ['another-model', true],
  ] as const)('%s by its name: %s', (model, takes) => {
    const more = { tools: [TOOL], toolChoice: 'required' as const }
    const outcome = encode('anthropic-messages', model, { more })
    expect(outcome.ok).toBe(takes)
    if (outcome.ok) expect(outcome.value.body).toMatchObject({ tool_choice: { type: 'any' } })
    const fact = encode('anthropic-messages', model, { more, facts: { forcedTools: true } })
    expect(fact.ok).toBe(true)
  })

  it('a named tool is said to Claude by its name', () => {
    const more = { tools: [TOOL], toolChoice: { tool: 'weather' } }
    expect(sent('anthropic-messages', 'claude-haiku-5-5', { more }).body).toMatchObject({
      tool_choice: { type: 'tool', name: 'weather' },
    })
  })
})

describe('the shipped facts', () => {
  it('say of every Claude since 4.6 that it goes on from no prefill, and of those before that it does', () => {
    const takes = (name: string) => MODEL_FACTS[`anthropic/${name}`]?.prefill
    expect(['claude-opus-4-6', 'claude-sonnet-4-6', 'claude-sonnet-5-5'].map(takes)).toEqual([
      false,
      false,
      false,
    ])
    expect(['claude-opus-4-5', 'claude-haiku-4-5'].map(takes)).toEqual([true, true])
  })

  it('agree with the names on forced tools and sampling of Claude', () => {
    const claudes = Object.entries(MODEL_FACTS).filter(([target]) => target.startsWith('anthropic/'))
    expect(claudes.length).toBeGreaterThan(15)
    for (const [target, { forcedTools = true, sampling }] of claudes) {
      const model = target.slice('anthropic/'.length)
      const more = { tools: [TOOL], toolChoice: 'required' as const }
      expect([model, encode('anthropic-messages', model, { more }).ok]).toEqual([model, forcedTools])
      const sampled = encode('anthropic-messages', model, { params: { temperature: 0.2 } }).ok
      expect([model, sampled]).toEqual([model, sampling !== 'never'])
    }
  })
})
