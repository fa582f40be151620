/** `holdfast list`, `explain` and `export` as processes, over real runs. What they read: test/client, test/history. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Commands, commands } from '../helpers/commands'
import { type Stack, startStack, twoProviders } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

describe('the commands that read what was recorded', () => {
  let stack: Stack
  let host: Commands
  let config: string
  let id: string
  const SECRET = 'a secret of the prompt'
  beforeAll(async () => {
    stack = await startStack()
    host = commands()
    config = host.file('holdfast.yaml', twoProviders(stack.simulator.url))
    stack.simulator.script('alpha', [{ status: 503 }])
    stack.simulator.script('beta', [{ answer: 'from beta' }])
    id = (await stack.holdfast.generate({ prompt: SECRET })).id
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

  it('explain prints the timeline of a run with the link to it, and of a file the same without', async () => {
    const file = path.join(host.folder, 'run.json')
    const [{ stdout, exitCode }, exported] = await Promise.all([
      ran(['explain', id]),
      ran(['export', id, '--out', file]),
    ])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/answered by beta\/model-b · 3 attempts · /)
    expect(stdout).toContain('retry: 503 overloaded')
    expect(stdout).toContain('fallback: answered')
    expect(stdout).toContain(`/workflows/${id}`)
    expect(stdout).not.toContain(SECRET)
    expect(exported.exitCode).toBe(0)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const zipped = host.file('run.json.gz', '')
    writeFileSync(zipped, gzipSync(readFileSync(file)))
    // No Temporal is needed for it.
    const saved = await ran(['explain', zipped], { TEMPORAL_ADDRESS: '127.0.0.1:1' })
    expect(saved.stdout.trim()).toBe(stdout.trim().split('\n').slice(0, -1).join('\n'))
  }, 30_000)

  it('explain --json has the facts without the content, --html is a page, export --redact has no prompt', async () => {
    const file = path.join(host.folder, 'run.html')
    const [json, html, redacted] = await Promise.all([
      ran(['explain', id, '--json']),
      ran(['explain', id, '--html', '--out', file]),
      ran(['export', id, '--redact']),
    ])
    expect(JSON.parse(json.stdout)).toMatchObject({
      id,
      outcome: { type: 'answered', target: 'beta/model-b' },
      attempts: [{ kind: 'first' }, { kind: 'retry' }, { kind: 'fallback', served: true }],
    })
    expect(json.stdout).not.toContain(SECRET)
    expect(json.stdout).not.toContain('from beta')
    expect(html.exitCode).toBe(0)
    expect(readFileSync(file, 'utf8')).toContain('<!doctype html>')
    const explained = await ran(['explain', host.file('redacted.json', redacted.stdout)])
    expect(explained.stdout).toMatch(/answered by beta\/model-b · 3 attempts · /)
    expect(JSON.parse(redacted.stdout).events.length).toBeGreaterThan(10)
  }, 30_000)

  it('an unknown id, a missing file and what is no history end with 1, and say what to do', async () => {
    const wrong = await Promise.all(
      [
        ['explain', 'gen-unknown'],
        ['export', 'gen-unknown'],
        ['explain', 'missing.json'],
        ['explain', config],
      ].map((args) => ran(args)),
    )
    expect(wrong.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual(Array(4).fill([1, '']))
    const [explained, exported, missing, other] = wrong.map(({ stderr }) => stderr)
    for (const stderr of [explained, exported]) {
      expect(stderr).toContain('There is no generation gen-unknown')
      expect(stderr).toContain('holdfast list')
    }
    expect(missing).toContain('There is no file missing.json')
    expect(other).toContain('is no history')
  }, 30_000)

  it('list prints what is found, says what is wrong with a query, and that a route is not in the config', async () => {
    const query = `TaskQueue = '${stack.taskQueue}'`
    const [found, bad, none, since] = await Promise.all([
      ran(['list', '--query', query]),
      ran(['list', '--query', 'Nonsense =']),
      ran(['list', '--route', 'defualt']),
      ran(['list', '--since', 'yesterday']),
    ])
    expect(found.stdout).toContain(id)
    expect(bad.exitCode).toBe(1)
    expect(bad.stderr).toContain('the server does not understand the query')
    expect(none.stderr).toContain('the config has no route defualt, but default')
    expect(since.stderr).toContain('a duration is needed')
  }, 30_000)
})
