import { attemptsTable } from '../../../src/domain/routing/report'
import { attempt, failureOf } from './arbitraries'

describe('attemptsTable', () => {
  it('has a row for each attempt, in order', () => {
    const refused = attempt(1, failureOf('overloaded', { message: 'HTTP 529' }), { retryInMs: 500 })
    expect(attemptsTable([refused, attempt(2)]).split('\n')).toEqual([
      '| target | attempt | took | outcome | then waited |',
      '|---|---|---|---|---|',
      '| openai/gpt-5 | 1 | 100 ms | overloaded: HTTP 529 | 500 ms |',
      '| openai/gpt-5 | 2 | 100 ms | answered |  |',
    ])
  })

  it('is its heading alone where there was no attempt', () => {
    expect(attemptsTable([]).split('\n')).toHaveLength(2)
  })

  it.each([
    ['a bar', 'a | b', 'a \\| b'],
    ['a bar that is escaped already', 'a \\| b', 'a \\\\\\| b'],
    ['a line feed', 'a\nb', 'a b'],
    ['a carriage return', 'a\r\nb\rc', 'a b c'],
  ])("%s in a provider's message does not break the table", (_what, message, cell) => {
    const [, , row = ''] = attemptsTable([attempt(1, failureOf('server_error', { message }))]).split(/[\r\n]/)
    expect(row).toContain(`| server_error: ${cell} |`)
  })
})
