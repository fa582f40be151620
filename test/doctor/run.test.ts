/** DOCTOR-1 to 4: what one check does is seen in its own findings alone, and no secret in any. */
import { type Context, openContext } from '../../src/doctor/context'
import { runChecks } from '../../src/doctor/run'
import { type Check, type Finding, ok, warn } from '../../src/doctor/types'

const context = (env: { [name: string]: string } = {}): Context =>
  openContext({ env: { HOLDFAST_CONFIG: '/nowhere/holdfast.yaml', ...env }, dataFolder: '/nowhere' })

const run = (checks: Check[], env?: { [name: string]: string }): Promise<Finding[]> =>
  runChecks(checks, context(env))

const well: Check = { id: 'a.well', run: async () => ok('well') }

it('a check that throws, one that throws before it begins, and one that hangs are errors, and all others are done', async () => {
  const findings = await run([
    {
      id: 'a.throws',
      run: () => Promise.reject(new Error('broken\nwith a second line')),
    },
    {
      id: 'a.throws.early',
      run: () => {
        throw new TypeError('no such field')
      },
    },
    { id: 'a.hangs', limitMs: 20, run: () => new Promise(() => undefined) },
    well,
  ])
  expect(findings.map(({ check, status, message }) => [check, status, message])).toEqual([
    ['a.throws', 'error', 'the check failed: broken'],
    ['a.throws.early', 'error', 'the check failed: no such field'],
    ['a.hangs', 'error', 'no answer within 0.02 s'],
    ['a.well', 'ok', 'well'],
  ])
})

it('each finding is reported as it comes, and the list is in the order of the table', async () => {
  let release: (() => void) | undefined
  const slow: Check = {
    id: 'a.slow',
    run: () =>
      new Promise((resolve) => {
        release = () => resolve(ok('late'))
      }),
  }
  const came: string[] = []
  const findings = await runChecks([slow, well], context(), ({ check }) => {
    came.push(check)
    if (check === 'a.well') release?.()
  })
  expect(came).toEqual(['a.well', 'a.slow'])
  expect(findings.map(({ check }) => check)).toEqual(['a.slow', 'a.well'])
})

it('a check whose need has an error, or was skipped, is skipped and names the first cause; a warning does not matter', async () => {
  const findings = await run([
    { id: 'a.broken', run: () => Promise.reject(new Error('away')) },
    { id: 'a.behind', needs: ['a.broken'], run: async () => ok('done') },
    { id: 'a.far', needs: ['a.behind'], run: async () => ok('done') },
    { id: 'b.warns', run: async () => warn('slow', 'hurry') },
    { id: 'b.behind', needs: ['b.warns'], run: async () => ok('done') },
  ])
  expect(findings.map(({ check, status, message }) => `${check} ${status} ${message}`).slice(1)).toEqual([
    'a.behind skipped not looked at: see a.broken',
    'a.far skipped not looked at: see a.broken',
    'b.warns warn slow',
    'b.behind ok done',
  ])
})

it('a check that finds nothing is skipped', async () => {
  expect(await run([{ id: 'a.empty', run: async () => [] }])).toMatchObject([
    { check: 'a.empty', status: 'skipped' },
  ])
})

it('no secret of the environment stands in a finding, whatever a check says', async () => {
  const env = {
    TEMPORAL_API_KEY: 'temporal-secret',
    HOLDFAST_API_KEYS: 'acme:gateway-secret,other:second:secret',
  }
  const text = 'temporal-secret gateway-secret second:secret sk-proj-abcdef123456 acme'
  const [finding, thrown] = await run(
    [
      { id: 'a.says', run: async () => warn(text, `use ${text}`) },
      { id: 'a.throws', run: () => Promise.reject(new Error(text)) },
    ],
    env,
  )
  const hidden = '*** *** *** *** acme'
  expect(finding).toMatchObject({ message: hidden, fix: `use ${hidden}` })
  expect(thrown?.message).toBe(`the check failed: ${hidden}`)
})

it('what a server has a part in is one line of bounded length, and steers no terminal', async () => {
  const text = `\u001b[2J\u0007gone\r\nnext\u009b31m ${'x '.repeat(5_000)}`
  const [finding] = await run([{ id: 'a.says', run: async () => warn(text, text) }])
  for (const line of [finding?.message ?? '', finding?.fix ?? '']) {
    expect(line).toMatch(/^\[2J gone next 31m x x .*…$/)
    expect(line.length).toBe(1_000)
  }
})
