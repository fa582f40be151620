/** Server-sent events from bytes: what stands before a byte that is no text is read, whatever pieces it comes in. */
import { createSseParser } from '../../src/http/body-parsers'

function parsed(bytes: Uint8Array, size: number): { data: string[]; error: string | null } {
  const parser = createSseParser()
  const data: string[] = []
  try {
    for (let at = 0; at < bytes.length; at += size)
      for (const event of parser.feed(bytes.subarray(at, at + size))) data.push(event.data)
    for (const event of parser.end()) data.push(event.data)
    return { data, error: null }
  } catch (error) {
    return { data, error: (error as Error).message }
  }
}

const stream = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Uint8Array.from(part))))

const SIZES = [1, 2, 3, 7, 1_000]

it.each([
  ['a byte that is none', stream('data: Grüße 👋\n\n', [0xff], 'data: more\n\n')],
  ['half of a surrogate', stream('data: Grüße 👋\n\n', [0xed, 0xa0, 0x80], '\n\n')],
  ['a character that was cut', stream('data: Grüße 👋\n\ndata: ', [0xf0, 0x9f], 'x\n\n')],
  ['a body that ends within a character', stream('data: Grüße 👋\n\ndata: ', [0xf0, 0x9f])],
])('the events before %s are given out, in pieces of any size', (_, bytes) => {
  for (const size of SIZES) {
    expect(parsed(bytes, size)).toMatchObject({ data: ['Grüße 👋'], error: expect.stringContaining('UTF-8') })
  }
})

it('characters are whole, and a byte order mark is dropped, wherever they are parted', () => {
  const bytes = stream('\ufeffdata: ä\u{1f469}\u{1f3fd}\u200d\u{1f680}\ufeff \r\n\r\n')
  for (const size of SIZES)
    expect(parsed(bytes, size)).toEqual({ data: ['ä\u{1f469}\u{1f3fd}\u200d\u{1f680}\ufeff '], error: null })
})
