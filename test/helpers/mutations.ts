/** What turns a valid input into one that a hostile or broken peer sends: of JSON by its structure, of bytes by their places. */
import fc from 'fast-check'

/** Stands in a value for text that JSON.stringify can't write. */
const RAW = {
  deep: `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  deepObjects: `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  proto: '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  huge: '1e400',
  digits: '9'.repeat(400),
  twice: '{"a":1,"a":2}',
} as const

const marker = (name: string): string => `@raw ${name}@`

const HOSTILE: unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e308,
  -1e308,
  2 ** 53,
  '',
  ' ',
  '0',
  '-1',
  'null',
  '[object Object]',
  '\u0000',
  '\ud800',
  '\u2028',
  'ä\u0301\u{1f525}',
  'data: x\n\ndata: y',
  '__proto__',
  'constructor',
  'toString',
  '../../../etc/passwd',
  'x'.repeat(70_000),
  [],
  {},
  [[]],
  [null],
  [{}],
  { type: 'text' },
  { type: null },
  { error: {} },
  { length: 5 },
  ...Object.keys(RAW).map(marker),
]

const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'length', '', 'type', 'error', 'x\u0000']

interface JsonMutation {
  at: number
  do: 'replace' | 'remove' | 'double' | 'rename' | 'add' | 'swap'
  value: unknown
  name: string
}

const jsonMutation: fc.Arbitrary<JsonMutation> = fc.record({
  at: fc.nat(10_000),
  do: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'double', 'rename', 'add', 'swap'),
  value: fc.oneof(fc.constantFrom(...HOSTILE), fc.jsonValue({ maxDepth: 2 })),
  name: fc.constantFrom(...NAMES),
})

export const jsonMutations = (max = 3): fc.Arbitrary<JsonMutation[]> =>
  fc.array(jsonMutation, { minLength: 0, maxLength: max })

type Container = { [name: string]: unknown }

/** Every place below a value: what holds it, and under which name. */
function placesIn(value: unknown): [Container, string][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.keys(value).flatMap((name): [Container, string][] => [
    [value as Container, name],
    ...placesIn((value as Container)[name]),
  ])
}

const setOwn = (holder: object, name: string, value: unknown): void => {
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true })
}

function mutate(root: { value: unknown }, { at, do: act, value, name }: JsonMutation): void {
  const places = placesIn(root)
  const place = places[at % places.length]
  if (place === undefined) return
  const [holder, own] = place
  const old = holder[own]
  if (act === 'replace') holder[own] = structuredClone(value)
  else if (act === 'remove' && Array.isArray(holder)) holder.splice(Number(own), 1)
  else if (act === 'remove' && (holder as unknown) !== root) delete holder[own]
  else if (act === 'double' && Array.isArray(holder)) holder.splice(Number(own), 0, structuredClone(old))
  else if (act === 'rename' && !Array.isArray(holder) && (holder as unknown) !== root) {
    delete holder[own]
    setOwn(holder, name, old)
  } else if (act === 'add' && typeof old === 'object' && old !== null && !Array.isArray(old))
    setOwn(old, name, structuredClone(value))
  else if (act === 'swap') {
    const other = places[(at * 7 + 3) % places.length]
    if (other !== undefined) {
      const [otherHolder, otherName] = other
      holder[own] = structuredClone(otherHolder[otherName])
    }
  }
}

/** The mutated value as JSON text, with what no value can hold. */
export function mutatedJson(value: unknown, mutations: readonly JsonMutation[]): string {
  const root = { value: structuredClone(value) }
  for (const mutation of mutations) mutate(root, mutation)
  return Object.entries(RAW).reduce(
    (text, [name, raw]) => text.replaceAll(JSON.stringify(marker(name)), raw),
    JSON.stringify(root.value) ?? 'null',
  )
}

interface ByteMutation {
  at: number
  length: number
  do: 'flip' | 'insert' | 'remove' | 'double' | 'cut' | 'crlf'
  bytes: Uint8Array
}

const INSERTED = [
  '\u0000',
  '\r',
  '\n',
  '\r\n',
  '\n\n',
  ':',
  'data:',
  '{',
  '}',
  '"',
  '\\',
  ']',
  '\ufeff',
  '[DONE]',
]

const byteMutation: fc.Arbitrary<ByteMutation> = fc.record({
  at: fc.nat(100_000),
  length: fc.nat(40),
  do: fc.constantFrom('flip', 'insert', 'insert', 'remove', 'double', 'cut', 'crlf'),
  bytes: fc.oneof(
    fc.constantFrom(...INSERTED).map((text) => Buffer.from(text)),
    fc.constantFrom([0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf0, 0x9f]).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ minLength: 1, maxLength: 6 }),
    fc.constant(Buffer.alloc(70_000, 'x')),
  ),
})

export const byteMutations = (max = 3): fc.Arbitrary<ByteMutation[]> =>
  fc.array(byteMutation, { minLength: 0, maxLength: max })

/** The mutated bytes. */
export function mutatedBytes(given: Uint8Array, mutations: readonly ByteMutation[]): Buffer {
  let bytes = Buffer.from(given)
  for (const mutation of mutations) bytes = mutated(bytes, mutation)
  return bytes
}

function mutated(
  bytes: Buffer,
  { at: drawn, length, do: act, bytes: added }: ByteMutation,
): Buffer<ArrayBuffer> {
  const at = drawn % (bytes.length + 1)
  const before = bytes.subarray(0, at)
  const part = bytes.subarray(at, at + length)
  const after = bytes.subarray(at + length)
  switch (act) {
    case 'flip':
      return Buffer.concat([before, part.map((byte) => byte ^ (added[0] ?? 1)), after])
    case 'insert':
      return Buffer.concat([before, added, part, after])
    case 'remove':
      return Buffer.concat([before, after])
    case 'double':
      return Buffer.concat([before, part, part, after])
    case 'cut':
      return Buffer.from(before)
    case 'crlf':
      return Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
  }
}

/** Where a body is parted on its way: the sizes of its pieces, which come again and again. */
export const pieceSizes: fc.Arbitrary<number[]> = fc.oneof(
  fc.constant<number[]>([1]),
  fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
)

export function* pieces(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length
    yield bytes.subarray(at, at + size)
    at += size
  }
}
