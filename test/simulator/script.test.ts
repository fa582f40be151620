/** Scripts: which step a call gets, what a wrong step says, latencies from a seed, instances of schemas. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { loadScript, type StepInput, startSimulator, wordsText } from '../../src/simulator'
import { schemaInstance } from '../../src/simulator/instance'
import { durationMs, hashSeed, latencySchema, sampleMs, seededRandom } from '../../src/simulator/latency'
import { parseScript, parseSteps } from '../../src/simulator/script'
import { createScriptBook } from '../../src/simulator/script-book'
import { afterPrefill, jsonPieces, pieces } from '../../src/simulator/text'

describe('script book', () => {
  const answers = (steps: StepInput[], calls: number) => {
    const book = createScriptBook()
    book.set('alpha', parseSteps('alpha', steps))
    return Array.from({ length: calls }, () => book.next('alpha', 'm').step.answer ?? 'default')
  }

  it('gives steps in order and repeats the last one', () => {
    expect(answers([{ answer: 'a' }, { answer: 'b' }], 4)).toEqual(['a', 'b', 'b', 'b'])
  })

  it('gives a step as often as `times` says, and after a last one with `times` the default answer', () => {
    const steps = [
      { answer: 'a', times: 2 },
      { answer: 'b', times: 1 },
    ]
    expect(answers(steps, 5)).toEqual(['a', 'a', 'b', 'default', 'default'])
  })

  it("lets the target's script win over its provider's, and counts each by itself", () => {
    const book = createScriptBook()
    book.set('alpha', parseSteps('alpha', [{ answer: 'p1' }, { answer: 'p2' }]))
    book.set('alpha/meta/llama', parseSteps('alpha', [{ answer: 't1' }, { answer: 't2' }]))
    const models = ['meta/llama', 'other', 'meta/llama', 'other']
    expect(models.map((model) => book.next('alpha', model).step.answer)).toEqual(['t1', 'p1', 't2', 'p2'])
    expect(book.next('beta', 'other')).toEqual({ step: {}, script: null, index: null })
  })
})

describe('script check', () => {
  it.each([
    [{ wrods: 3 }, 'script of alpha, step 1: unknown key "wrods"; did you mean "words"?'],
    [{ latency: '3 sec' }, 'latency'],
    [{ answer: 'x', words: 3 }, 'answer and words exclude each other'],
    [{ status: 200 }, 'a status below 300 needs a body'],
    [{ fault: 'explode' }, 'fault'],
    [{ cut: { after: -1 } }, 'cut.after'],
  ])('%j is refused: %s', (step, message) => {
    expect(() => parseSteps('alpha', [step])).toThrow(message)
  })

  it('lists every problem with its step', () => {
    const script = { alpha: [{}, { wrods: 3 }, { status: 7 }] }
    expect(() => parseScript(script)).toThrow(/step 2: .*\n.*step 3: status/)
    expect(() => parseScript({ alpha: {} })).toThrow('a list of steps is needed')
  })

  it('reads YAML and JSON files, and names the file in an error', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-script-'))
    try {
      const yaml = join(folder, 'script.yaml')
      await writeFile(yaml, 'alpha:\n  - { fault: overloaded, times: 2 }\n  - { words: 5 }\n')
      expect(await loadScript(yaml)).toEqual({ alpha: [{ fault: 'overloaded', times: 2 }, { words: 5 }] })
      const json = join(folder, 'script.json')
      await writeFile(json, '{"alpha/model": [{"wordz": 5}]}')
      await expect(loadScript(json)).rejects.toThrow(
        /script\.json: script of alpha\/model, step 1: unknown key/,
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('latency', () => {
  it.each([
    ['250ms', 250],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['10', null],
    ['-1s', null],
    ['1 s', null],
  ])('%s is %s ms', (text, expected) => {
    expect(durationMs(text)).toBe(expected)
  })

  it('draws a lognormal whose median and p99 are those requested', () => {
    const latency = latencySchema.parse({ distribution: 'lognormal', median: '300ms', p99: '2s' })
    const random = seededRandom(7)
    const drawn = Array.from({ length: 20_000 }, () => sampleMs(latency, random)).sort((a, b) => a - b)
    expect(drawn[10_000]).toBeGreaterThan(280)
    expect(drawn[10_000]).toBeLessThan(320)
    expect(drawn[19_800]).toBeGreaterThan(1_700)
    expect(drawn[19_800]).toBeLessThan(2_300)
  })

  it('draws the slow one as often as its share says', () => {
    const latency = latencySchema.parse({ usual: '50ms', slow: '1s', slowShare: 0.05 })
    const random = seededRandom(1)
    const drawn = Array.from({ length: 10_000 }, () => sampleMs(latency, random))
    expect(drawn.filter((ms) => ms === 1_000).length / drawn.length).toBeCloseTo(0.05, 2)
    expect(drawn.filter((ms) => ms === 50).length / drawn.length).toBeCloseTo(0.95, 2)
    expect(latencySchema.safeParse({ usual: '50ms', slow: '1s', slowShare: 5 }).success).toBe(false)
  })

  it('draws within the bounds of a uniform, whatever the seed', () => {
    const latency = latencySchema.parse({ uniform: ['100ms', '300ms'] })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const drawn = sampleMs(latency, seededRandom(seed))
        return drawn >= 100 && drawn <= 300
      }),
    )
  })

  it('takes the same time for the same seed and order, another for another seed', () => {
    const latency = latencySchema.parse({ uniform: ['0ms', '10s'] })
    const draw = (seed: number) => {
      const random = seededRandom(seed)
      return [sampleMs(latency, random), sampleMs(latency, random)]
    }
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
  })

  it('gives each call of each target numbers of its own', () => {
    const names = ['alpha/m#1', 'alpha/m#2', 'beta/m#1']
    const firsts = [1, 2].flatMap((seed) => names.map((name) => seededRandom(hashSeed(seed, name))()))
    expect(new Set(firsts).size).toBe(6)
  })

  it('holds back the headers for as long as the step says', async () => {
    const simulator = await startSimulator({ script: { alpha: [{ latency: '120ms' }] } })
    try {
      const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] })
      await fetch(`${simulator.baseUrl('alpha')}/chat/completions`, { method: 'POST', body })
      const [call] = simulator.calls()
      const waitedMs = (call?.headersSentAt ?? 0) - (call?.receivedAt ?? 0)
      expect(waitedMs).toBeGreaterThanOrEqual(119)
    } finally {
      await simulator.close()
    }
  })
})

describe('texts', () => {
  it('pieces of any text are the text again', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => pieces(text).join('') === text))
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => jsonPieces(text).join('') === text))
  })

  it('words are all different, and a shorter text is the beginning of a longer one', () => {
    const words = wordsText(300).split(' ')
    expect(words).toHaveLength(300)
    expect(new Set(words).size).toBe(300)
    expect(wordsText(300).startsWith(wordsText(299))).toBe(true)
  })

  it.each([
    ['one two three', 'one two', ' three'],
    ['one two three', 'one two ', 'three'],
    ['one two three', 'uno', 'one two three'],
    ['one two three', '  ', 'one two three'],
  ])('%j after the prefill %j is %j', (text, prefill, rest) => {
    expect(afterPrefill(text, prefill)).toBe(rest)
  })
})

describe('schema instance', () => {
  it.each([
    [{ type: 'integer', minimum: 5, multipleOf: 4 }, 8],
    [{ type: 'integer', exclusiveMinimum: 5 }, 6],
    [{ type: 'number', maximum: -3 }, -3],
    [{ type: 'string', minLength: 12, maxLength: 14 }, expect.stringMatching(/^.{12,14}$/)],
    [{ type: 'string', format: 'email' }, 'someone@example.com'],
    [{ type: ['null', 'boolean'] }, true],
    [{ const: 4 }, 4],
    [{ anyOf: [{ type: 'boolean' }, { type: 'null' }] }, true],
    [{ type: 'array', items: { enum: ['x'] }, minItems: 3 }, ['x', 'x', 'x']],
    [
      { allOf: [{ properties: { a: { const: 1 } }, required: ['a'] }, { properties: { b: { const: 2 } } }] },
      { a: 1, b: 2 },
    ],
    [{ $ref: '#/$defs/n', $defs: { n: { type: 'object', properties: { v: { const: 1 } } } } }, { v: 1 }],
  ])('%j -> %j', (schema, expected) => {
    expect(schemaInstance(schema)).toEqual(expected)
  })

  it('ends on a recursive schema', () => {
    const node = {
      type: 'object',
      properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
      required: ['next'],
    }
    expect(JSON.stringify(schemaInstance(node))).toContain('null')
  })
})
