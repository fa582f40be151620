/** What readers lack of a call's words: pure steps, by what readers have. */
import {
  beginWords,
  catchUp,
  endWords,
  readStreamEvent,
  rescueBy,
  type Words,
} from '../../activities/stream-words'

const TARGET = 'p/m'
const begin = (text = '', prefill: string | null = null, reasoned = false): Words =>
  beginWords(TARGET, { text, reasoned }, prefill)
const text = (words: string) => ({ type: 'text', text: words, target: TARGET })
const say = (words: Words, said: string) => readStreamEvent(words, { type: 'text', text: said })

it('the words of a call that has not published yet are published as they come, and count', () => {
  const step = say(begin(), 'one ')
  expect(step).toMatchObject({ publish: [text('one ')], counts: { type: 'text', text: 'one ' } })
  expect(step.words.whole).toBe('one ')
})

it('what repeats what readers have counts, and is not published', () => {
  const step = say(begin('one two '), 'one ')
  expect(step).toMatchObject({ publish: [], counts: { text: 'one ' } })
  expect(say(step.words, 'two three').publish).toEqual([text('three')])
})

it('other words make void what readers have', () => {
  const step = say(begin('one '), 'eins')
  expect(step.publish).toEqual([{ type: 'restart', target: TARGET }, text('eins')])
  expect(rescueBy(step.words)).toBe('restart')
})

it('a blank that a model puts before what it goes on with is neither published nor counted', () => {
  const begun = begin('one ', 'one ')
  const blank = say(begun, ' ')
  expect(blank).toMatchObject({ publish: [], counts: null })
  const word = say(blank.words, 'two')
  expect(word).toMatchObject({ publish: [text('two')], words: { whole: 'one two' } })
  expect(say(word.words, ' three').publish).toEqual([text(' three')])
  expect(say(begin('one', 'one'), ' two').publish).toEqual([text(' two')])
})

it('thoughts are published to readers who have seen none and no words, and always count', () => {
  const thought = { type: 'reasoning', text: 'hm' } as const
  expect(readStreamEvent(begin(), thought).publish).toEqual([{ ...thought, target: TARGET }])
  for (const words of [begin('one '), begin('', null, true)])
    expect(readStreamEvent(words, thought)).toMatchObject({ publish: [], counts: thought })
})

describe('a sealed thought', () => {
  const block = { api: 'a', block: { data: 'x' } }
  const sealed = { type: 'opaque', block } as const

  it('is published in its place to readers who have seen nothing of another call', () => {
    const { words } = say(begin(), 'one ')
    const published = { type: 'opaque', block: { ...block, at: { text: 4, calls: 0 } }, target: TARGET }
    expect(readStreamEvent(words, sealed)).toMatchObject({ publish: [published], counts: sealed })
    for (const known of [begin('one '), begin('', null, true)])
      expect(readStreamEvent(known, sealed)).toMatchObject({ publish: [], counts: sealed })
  })

  it('comes with the whole answer behind a call, and its text before it shows only that the model is at work', () => {
    const call = { type: 'toolCallStart', index: 0, id: 'c', name: 'f' } as const
    const { words } = readStreamEvent(begin(), call)
    expect(readStreamEvent(words, sealed)).toMatchObject({ publish: [], counts: sealed })
    expect(readStreamEvent(words, { type: 'reasoning', text: 'hm' }).publish).toMatchObject([{ text: '' }])
  })
})

it('STREAM-PUBLISHER-5: given what readers have by now, it publishes what they lack of its words so far', () => {
  const { words } = say(begin(), 'one two three')
  const step = catchUp(words, { text: 'one two ', reasoned: false })
  expect(step.publish).toEqual([text('three')])
  expect(step.words.known).not.toBe(words.known)
  expect(rescueBy(step.words)).toBe('prefix')
})

it('an answer shorter than what readers have is another one', () => {
  const { words } = say(begin('one two'), 'one')
  expect(endWords(words).publish).toEqual([{ type: 'restart', target: TARGET }, text('one')])
})
