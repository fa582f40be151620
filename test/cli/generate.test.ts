/** `holdfast generate` as a process of its own, on the workers of this one. Needs `npm run build`. */
import { type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/processes'
import { type Stack, startStack, twoProviders } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

const config = (url: string): string =>
  `cache: { store: memory }\nmetadata: { searchable: [ticket] }\n${twoProviders(url, 'cache: { ttl: 1h }')}`

describe('generate', () => {
  let stack: Stack
  let host: Commands
  beforeAll(async () => {
    stack = await startStack({ config })
    host = commands()
    host.file('holdfast.yaml', config(stack.simulator.url))
  })
  afterAll(async () => {
    await host.close()
    await stack.close()
  })
  beforeEach(() => stack.simulator.reset())

  async function generate(...args: string[]) {
    const env = { TEMPORAL_ADDRESS: testServer().address, HOLDFAST_TASK_QUEUE: stack.taskQueue }
    const command = host.run(['generate', ...args], env)
    const exit = await command.exited
    return { exit, stdout: command.stdout(), stderr: command.stderr() }
  }
  const generateJson = async (...args: string[]) => {
    const { exit, stdout } = await generate(...args, '--json')
    return { exit, output: JSON.parse(stdout) }
  }

  it('under a key meets the generation of another process, running or finished, and its conflict', async () => {
    const { holdfast, simulator } = stack
    simulator.script('alpha', [{ answer: 'one for both', latency: '3s' }])
    const here = holdfast.generate({ prompt: 'hi', idempotencyKey: 'shared' })
    await simulator.waitForCalls(1, {}, 20_000)
    const running = await generateJson('hi', '--idempotency-key', 'shared')
    const { id } = await here
    expect(running).toMatchObject({ exit: 0, output: { id, text: 'one for both' } })
    const finished = await generateJson('hi', '--idempotency-key', 'shared')
    expect(finished.output).toEqual(running.output)
    const conflict = await generateJson('ho', '--idempotency-key', 'shared')
    expect(conflict).toMatchObject({ exit: 1, output: { error: { kind: 'conflict', accepted: false } } })
    expect(simulator.calls()).toHaveLength(1)
  }, 60_000)

  it('--metadata is what `list --metadata` finds it by, where the config says so', async () => {
    const ticket = `T-${Date.now()}`
    const { output } = await generateJson(
      'for a ticket',
      '--metadata',
      `ticket=${ticket}`,
      '--metadata',
      'sum=1+1=2',
    )
    expect(output.metadata).toEqual({ ticket, sum: '1+1=2' })
    const list = async (...args: string[]) => {
      const command = host.run(['list', ...args], { TEMPORAL_ADDRESS: testServer().address })
      await command.exited
      return command
    }
    let found = ''
    await until(
      'it is indexed',
      async () => {
        found = (await list('--metadata', `ticket=${ticket}`, '--json')).stdout()
        return found.includes(output.id)
      },
      30_000,
    )
    expect(JSON.parse(found).generations).toMatchObject([{ id: output.id, metadata: output.metadata }])
    expect((await list('--metadata', 'sum=1+1=2')).stderr()).toContain('searchable does not name sum')
    expect((await generate('hi', '--metadata', 'ticket')).stderr).toContain('key=value')
  }, 60_000)

  it('--cache sets the cache mode', async () => {
    const { simulator } = stack
    const served = async (control: string) =>
      (await generateJson('cached?', '--cache', control)).output.served
    const nothing = await generateJson('cached?', '--cache', 'only-if-cached')
    expect(nothing).toMatchObject({ exit: 1, output: { error: { kind: 'all_failed' } } })
    expect(simulator.calls()).toHaveLength(0)
    expect(await served('default')).toBe('provider')
    expect(await served('only-if-cached')).toBe('cache')
    const past = [served('no-cache'), served('no-store')]
    expect(await Promise.all(past)).toEqual(['provider', 'provider'])
    expect(simulator.calls()).toHaveLength(3)
    const wrong = await generateJson('cached?', '--cache', 'nocache')
    expect(wrong).toMatchObject({ exit: 1, output: { error: { kind: 'invalid_request', accepted: false } } })
    expect(wrong.output.error.message).toContain('only-if-cached')
  }, 60_000)

  it('that failed says which generation it was, and where to look at it', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ status: 503 }])
    simulator.script('beta', [{ status: 503 }])
    const [{ output }, { stderr }] = await Promise.all([generateJson('nobody'), generate('nobody else')])
    const { kind, generationId, webUrl } = output.error
    expect(kind).toBe('all_failed')
    expect(webUrl).toMatch(new RegExp(`/workflows/${generationId}/[0-9a-f-]{36}/user-metadata$`))
    expect(stderr).toMatch(/\nGeneration (gen-\S+)\nhttp\S+\/workflows\/\1\/[0-9a-f-]{36}\/user-metadata\n$/)
  }, 60_000)

  it('without a prompt is an error: as JSON on stdout where JSON was requested, else on stderr', async () => {
    const [json, plain] = await Promise.all([generateJson(), generate()])
    expect(json).toMatchObject({ exit: 1, output: { error: { kind: 'invalid_request' } } })
    expect(plain).toMatchObject({ exit: 1, stdout: '' })
    expect(plain.stderr).toContain("missing required argument 'prompt'")
  })
})
