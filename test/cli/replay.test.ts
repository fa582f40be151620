/** `holdfast replay` and `holdfast reenact` as processes, over real runs and saved histories. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type Commands, commands } from '../helpers/commands'
import { type Stack, startStack } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

const FIXTURES = path.resolve(__dirname, '..', 'fixtures', 'histories', 'unreleased')
const fileOf = (name: string): string => path.join(FIXTURES, `${name}.json`)

describe('the commands that run recorded generations again', () => {
  let stack: Stack
  let host: Commands
  let config: string
  let route: string
  const ids: string[] = []
  const ROUTE = `own-${process.pid}`
  const policy = (attempts: number) => `candidates: [alpha/model-a, beta/model-b]
retry: { maximumAttempts: ${attempts}, initialInterval: 20ms }`
  beforeAll(async () => {
    const configOf = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
defaults: { circuit: false }
routes: { ${ROUTE}: { candidates: [alpha/model-a, beta/model-b], retry: { maximumAttempts: 2, initialInterval: 20ms } } }
`
    stack = await startStack({ config: configOf })
    host = commands()
    config = host.file('holdfast.yaml', configOf(stack.simulator.url))
    route = host.file('new.yaml', policy(1))
    stack.simulator.script('alpha', [{ status: 503 }])
    stack.simulator.script('beta', [{ answer: 'from beta' }])
    for (const prompt of ['one', 'two', 'three'])
      ids.push((await stack.holdfast.generate({ prompt, route: ROUTE })).id)
  }, 60_000)
  afterAll(async () => {
    await host?.close()
    await stack?.close()
  })

  const ran = async (args: readonly string[], env = {}) => {
    const command = host.run([...args, '--config', config], {
      TEMPORAL_ADDRESS: testServer().address,
      ...env,
    })
    const exitCode = await command.exited
    return { exitCode, stdout: command.stdout(), stderr: command.stderr() }
  }
  const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:1' }

  it('replay takes an id, or a file without any Temporal', async () => {
    const [byId, byFile] = await Promise.all([
      ran(['replay', ids[0] ?? '']),
      ran(['replay', fileOf('hedge')], NOWHERE),
    ])
    expect(byId).toEqual({ exitCode: 0, stdout: 'it replays\n', stderr: '' })
    expect(byFile).toEqual({ exitCode: 0, stdout: 'it replays\n', stderr: '' })
  }, 30_000)

  it('replay ends with 1 where a run differs, and names the decision', async () => {
    const history = JSON.parse(readFileSync(fileOf('failed-over'), 'utf8'))
    const file = host.file('shorter.json', JSON.stringify({ events: history.events.slice(0, -1) }))
    const { exitCode, stdout } = await ran(['replay', file, '--json'], NOWHERE)
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout).runs).toEqual([
      {
        id: file,
        differs: expect.objectContaining({ recorded: null, today: 'end: answered by beta/model-b' }),
      },
    ])
  }, 30_000)

  it('reenact --since compares all that were recorded with what another policy would have done', async () => {
    const query = `HoldfastRoute = '${ROUTE}'`
    const { exitCode, stdout } = await ran(['reenact', '--since', '1h', '--query', query, '--json'])
    expect(exitCode).toBe(0)
    const { runs } = JSON.parse(stdout) as { runs: { id: string; before: object; after: object }[] }
    expect(runs.map(({ id }) => id).sort()).toEqual([...ids].sort())
    for (const { before, after } of runs) {
      expect(before).toMatchObject({ outcome: 'answered', target: 'beta/model-b', calls: 3 })
      expect(after).toMatchObject({ outcome: 'answered', target: 'beta/model-b', calls: 3 })
    }
  }, 60_000)

  it('a policy without a route of a run’s name leaves the run out, and one that is wrong is refused', async () => {
    const other = host.file('other.yaml', `${readFileSync(config, 'utf8').replaceAll(ROUTE, 'other')}`)
    const wrong = host.file('wrong.yaml', 'candidates: [alpha/model-a]\nretries: 3')
    const all = ['reenact', '--since', '1h', '--query', `HoldfastRoute = '${ROUTE}'`, '--route']
    const [left, refused] = await Promise.all([ran([...all, other]), ran([...all, wrong])])
    expect(left.stdout).toContain(`3 left out: ${other} has no route "${ROUTE}"; it has other`)
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('retries') })
  }, 60_000)

  it('reenact prints a table before and after', async () => {
    const { stdout } = await ran(['reenact', ids[0] ?? '', '--route', route])
    expect(stdout).toMatch(/answered +│ 1 \(100\.0 %\) │ 1 \(100\.0 %\)/)
    expect(stdout).toMatch(/calls +│ 3 +│ 2 /)
    expect(stdout).toContain('after: answered by beta/model-b')
  }, 30_000)

  it('which ones is asked for, and an unknown one is named', async () => {
    const [neither, unknown] = await Promise.all([ran(['reenact']), ran(['replay', 'gen-nobody'])])
    expect(neither).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--since 24h') })
    expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('gen-nobody') })
  }, 30_000)

  it('export --test writes a test beside the history, once', async () => {
    const out = path.join(host.folder, 'incident.json')
    const args = ['export', ids[0] ?? '', '--out', out, '--test', 'jest']
    expect(await ran(args)).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('incident.test.ts written'),
    })
    expect(readFileSync(path.join(host.folder, 'incident.test.ts'), 'utf8')).toContain(
      `await replay('${out}')`,
    )
    const { exitCode, stderr } = await ran(args)
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('EEXIST')])
  }, 30_000)
})
