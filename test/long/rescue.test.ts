/** How many cut streams are whole for their caller when the next model uses other words, by where the cut is: `rescue: prefix` and `buffer`. */
import type { GenerationEvent } from '../../src/client'
import { type Stack, startStack } from '../helpers/stack'

const WORDS = Array.from({ length: 200 }, (_, index) => `word${index}`).join(' ')
const OTHER = 'an answer in other words'
/** 50 words a second: 200 of them are 4 s. */
const TOKEN_MS = 20
const CUTS = [5, 15, 25, 45, 75, 100, 150, 190]
const STREAMS = 3
const MODES: { [name: string]: string } = {
  prefix: 'prefix',
  half: '{ buffer: 500ms }',
  second: 'buffer',
  two: '{ buffer: 2s }',
}
/** So many more may still be held back: they come in pieces. */
const MARGIN_WORDS = 15
const HELD_WORDS: { [name: string]: number } = { prefix: 0, half: 25, second: 50, two: 100 }

const config = (url: string): string => `
providers:
  whole: { api: openai-chat, baseUrl: ${url}/whole/v1, auth: none }
  other: { api: openai-chat, baseUrl: ${url}/other/v1, auth: none }
${CUTS.map((cut) => `  cut${cut}: { api: openai-chat, baseUrl: ${url}/cut${cut}/v1, auth: none }`).join('\n')}
defaults: { circuit: false, retry: { maximumAttempts: 1 } }
routes:
${Object.entries(MODES)
  .flatMap(([mode, rescue]) => [
    `  ${mode}-whole: { candidates: [whole/m], rescue: ${rescue} }`,
    ...CUTS.map((cut) => `  ${mode}-${cut}: { candidates: [cut${cut}/m, other/m], rescue: ${rescue} }`),
  ])
  .join('\n')}
`

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ config, delivery: true })
  stack.simulator.script('whole', [{ answer: WORDS, tokenLatency: `${TOKEN_MS}ms` }])
  stack.simulator.script('other', [{ answer: OTHER }])
  for (const cut of CUTS)
    stack.simulator.script(`cut${cut}`, [
      { answer: WORDS, tokenLatency: `${TOKEN_MS}ms`, cut: { after: cut } },
    ])
})
afterAll(() => stack.close())

/** The text of a stream that ended well; null: it ended in an error. */
async function streamed(route: string): Promise<{ text: string | null; firstMs: number }> {
  const begunAt = performance.now()
  let firstMs = Number.NaN
  let text = ''
  try {
    for await (const event of stack.holdfast.stream({ route, prompt: 'go' }) as AsyncIterable<
      GenerationEvent<unknown>
    >) {
      if (event.type !== 'text') continue
      if (text === '') firstMs = performance.now() - begunAt
      text += event.text
    }
    return { text, firstMs }
  } catch {
    return { text: null, firstMs }
  }
}

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

it('a cut within what is held back is made whole, one behind it ends in an error, and the first word waits for so long', async () => {
  // The first generations of a worker are slow.
  await Promise.all(Array.from({ length: STREAMS }, () => streamed('prefix-whole')))
  const lines: string[] = []
  const firsts: { [mode: string]: number } = {}
  const rescued: { [mode: string]: number } = {}
  for (const mode of Object.keys(MODES)) {
    const whole = await Promise.all(Array.from({ length: STREAMS }, () => streamed(`${mode}-whole`)))
    expect(whole.map(({ text }) => text === WORDS)).toEqual(Array(STREAMS).fill(true))
    firsts[mode] = median(whole.map(({ firstMs }) => firstMs))
    const shares = await Promise.all(
      CUTS.map(async (cut) => {
        const ended = await Promise.all(Array.from({ length: STREAMS }, () => streamed(`${mode}-${cut}`)))
        for (const { text } of ended) expect([null, OTHER]).toContain(text)
        return ended.filter(({ text }) => text !== null).length / STREAMS
      }),
    )
    rescued[mode] = shares.reduce((sum, share) => sum + share, 0)
    lines.push(
      [
        mode,
        `${Math.round(firsts[mode] ?? 0)} ms`,
        ...shares.map((share) => `${Math.round(share * 100)} %`),
      ].join(' | '),
    )
    CUTS.forEach((cut, index) => {
      const held = HELD_WORDS[mode] ?? 0
      if (cut > held + MARGIN_WORDS) expect([mode, cut, shares[index]]).toEqual([mode, cut, 0])
    })
  }
  process.stdout.write(`${['mode', 'first word', ...CUTS].join(' | ')}\n${lines.join('\n')}\n`)
  // A machine without cores to spare is late with words, and fewer are held back.
  expect(rescued.prefix).toBe(0)
  expect(rescued.second).toBeGreaterThan(1)
  expect(rescued.two).toBeGreaterThanOrEqual(rescued.half ?? 0)
  expect(firsts.second).toBeGreaterThan((firsts.prefix ?? 0) + 700)
}, 120_000)
