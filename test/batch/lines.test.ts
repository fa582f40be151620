/** A batch file's lines as tasks: which lines are accepted, and the error of each invalid one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isBlank, MAX_LINE_BYTES, readLines, scan, textOf } from '../../src/batch/lines'
import { createTasks } from '../../src/batch/task'

describe('the lines of a batch file', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-batch-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const fileOf = (content: string | Buffer): string => {
    const file = path.join(folder, 'in.jsonl')
    writeFileSync(file, content)
    return file
  }
  const textsOf = async (content: string | Buffer): Promise<(string | null | undefined)[]> => {
    const texts: (string | null | undefined)[] = []
    for await (const line of readLines(fileOf(content)))
      texts.push(isBlank(line) ? undefined : line.bytes && textOf(line.bytes))
    return texts
  }

  it('end at a newline or at the end, whatever stands before it', async () => {
    expect(await textsOf('{"a":1}\r\n\n \t\r\n{"b":2}')).toEqual([
      '{"a":1}\r',
      undefined,
      undefined,
      '{"b":2}',
    ])
  })

  it('begin behind a byte order mark', async () => {
    expect(await textsOf('\uFEFF{"a":1}\n')).toEqual(['{"a":1}'])
    expect(await textsOf('\uFEFF\n{"a":1}\n')).toEqual([undefined, '{"a":1}'])
  })

  it('do not end at U+2028, which JSON text may hold', async () => {
    expect(await textsOf('"one\u2028line"\n')).toEqual(['"one\u2028line"'])
  })

  it('are whole where they are longer than what is read at once', async () => {
    const long = 'ä'.repeat(200_000)
    expect(await textsOf(`${long}\n${long}x\n`)).toEqual([long, `${long}x`])
  })

  it('are counted over one that is too long, or not UTF-8', async () => {
    const tooLong = Buffer.alloc(MAX_LINE_BYTES + 1, 'x')
    const content = Buffer.concat([tooLong, Buffer.from([0x0a, 0xff, 0x22, 0x0a]), Buffer.from('last')])
    expect(await textsOf(content)).toEqual([null, null, 'last'])
    const ends: number[] = []
    for await (const { endsAt } of readLines(fileOf(content))) ends.push(endsAt)
    expect(ends).toEqual([tooLong.length + 1, tooLong.length + 4, content.length])
  })

  it('are counted without the blank ones, and hashed as `sha256sum` does', async () => {
    expect(await scan(fileOf('a\n\nb\n'))).toEqual({
      hash: '770423513bd0765c18e500000baec91976bcd8267a245437b32572665c6ac370',
      lines: 2,
    })
  })
})

describe('a line as a task', () => {
  const body = { model: 'default', messages: [{ role: 'user', content: 'hello' }] }
  const good = { custom_id: 'one', method: 'POST', url: '/v1/chat/completions', body }
  const tasksOf = (lines: unknown[], deadline?: string) => {
    const read = createTasks({ hash: 'abc', deadline })
    return lines.map((line, index) =>
      read({
        number: index + 1,
        bytes: Buffer.from(typeof line === 'string' ? line : JSON.stringify(line)),
        endsAt: 0,
        closed: true,
      }),
    )
  }
  const taskOf = (line: unknown, deadline?: string) => tasksOf([line], deadline)[0]

  it('has an id of the file and the line, and is generated on the route that `model` names', () => {
    expect(taskOf(good)).toMatchObject({
      id: 'batch-abc-1',
      customId: 'one',
      work: { type: 'generate', request: { route: 'default', messages: body.messages } },
    })
  })

  it('has the metadata of its body', () => {
    const labelled = {
      ...good,
      body: { ...body, metadata: { ticket: '7' }, holdfast: { metadata: { user: 'u' } } },
    }
    expect(taskOf(labelled)?.work).toMatchObject({ request: { metadata: { ticket: '7', user: 'u' } } })
  })

  it.each([
    ['not JSON', '{"custom_id": ', 'not JSON'],
    ['a list', [], 'not a JSON object'],
    ['without custom_id', { ...good, custom_id: undefined }, 'custom_id'],
    ['with an empty custom_id', { ...good, custom_id: '' }, 'custom_id'],
    ['with another method', { ...good, method: 'GET' }, 'method'],
    ['with another url', { ...good, url: '/v1/embeddings' }, 'url'],
  ])('%s is unreadable, with the reason', (_, line, message) => {
    expect(taskOf(line)?.work).toEqual({ type: 'unreadable', message: expect.stringContaining(message) })
  })

  it.each([
    ['without a body', { ...good, body: undefined }, ''],
    ['with an empty list of messages', { ...good, body: { ...body, messages: 'hi' } }, 'messages'],
    ['that wants a stream', { ...good, body: { ...body, stream: true } }, 'stream'],
  ])('%s is refused as the gateway would', (_, line, message) => {
    const work = taskOf(line)?.work
    expect(work).toMatchObject({ type: 'refuse', error: { kind: 'invalid_request' } })
    if (work?.type === 'refuse') expect(work.error.message).toContain(message)
  })

  it('with the custom_id of an earlier line names that line', () => {
    const [first, second, third] = tasksOf([good, good, { ...good, custom_id: 'two' }])
    expect(first?.work.type).toBe('generate')
    expect(second).toMatchObject({
      customId: 'one',
      work: { type: 'unreadable', message: 'custom_id "one" stands in line 1 already' },
    })
    expect(third?.work.type).toBe('generate')
  })

  it('takes the deadline of the command where it has none of its own', () => {
    expect(taskOf(good, '24h')?.work).toMatchObject({ request: { override: { deadline: '24h' } } })
    const own = { ...good, body: { ...body, holdfast: { override: { deadline: '5s' } } } }
    expect(taskOf(own, '24h')?.work).toMatchObject({ request: { override: { deadline: '5s' } } })
  })
})
