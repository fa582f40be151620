/** A recorded run as the test of a project: text to commit beside the history. */
import path from 'node:path'
import { type Run, readRun } from '../history'
import { readSource } from './read-history'

export interface FromHistoryOptions {
  /** Default: `vitest`. */
  runner?: 'jest' | 'vitest'
  /** The policy that has to do better. Default: `holdfast.yaml`. */
  config?: string
}

/**
 * @param file with the history, by its path from the project's root, where the tests are run
 * @returns a test in TypeScript: today's code goes on with the run, and today's policy answers it
 * @throws Error where it is no generation's history
 */
export function fromHistory(
  file: string,
  { runner = 'vitest', config = 'holdfast.yaml' }: FromHistoryOptions = {},
): string {
  const run = readRun(readSource(file))
  const { outcome } = run
  const place = quoted(file.split(path.sep).join('/'))
  const answered = outcome.type === 'answered'
  const expected = answered
    ? `{ outcome: 'answered', target: ${quoted(outcome.target)} }`
    : `{ outcome: 'answered' }`
  // Nobody's answer is in the record: another policy can only do better by a target that was not called.
  const assume = answered ? '' : `, assume: { '*': [{ tookMs: 1_000 }] }`
  return `${[
    `import { reenact, replay } from 'holdfast/testing'`,
    ...(runner === 'vitest' ? [`import { expect, test } from 'vitest'`] : []),
    '',
    `// ${storyOf(run)}.${answered ? '' : ' Targets that it never called are assumed to answer.'}`,
    `test(${quoted(`${run.id} is answered`)}, async () => {`,
    `  await replay(${place})`,
    `  const { after } = await reenact(${place}, { route: ${quoted(config)}${assume} })`,
    `  expect(after).toMatchObject(${expected})`,
    '})',
  ].join('\n')}\n`
}

/** In single quotes, as a literal. */
const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&').replace(/[\r\n]+/g, ' ')}'`

function storyOf({ startedAt, route, attempts, outcome }: Run): string {
  const calls = attempts.map(({ target, failure }) => `${target} ${failure?.class ?? 'answered'}`)
  const shown = calls.length > SHOWN ? [...calls.slice(0, SHOWN), `${calls.length - SHOWN} more`] : calls
  const how = outcome.type === 'failed' ? (outcome.kind ?? 'failed') : outcome.type
  const when = new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ')
  return `${when} UTC, route ${route?.name ?? 'not resolved'}: ${[...shown, how].join(', ')}`
}

const SHOWN = 4
