/** What a newcomer sees of `npm run quickstart`. */
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import path from 'node:path'
import { type Commands, commands } from '../helpers/commands'

describe('quickstart', () => {
  let host: Commands
  beforeEach(() => {
    host = commands()
  })
  afterEach(() => host.close())

  it('answers past a failing provider, shows refusals, the wait and the fallback, and leaves nothing behind', async () => {
    const command = host.run(['quickstart', '--temporal-port', '0', '--ui-port', '0', 'Why?'])
    expect(await command.exited).toBe(0)
    const out = command.stdout()
    for (const shown of [
      'Prompt: Why?',
      '529 overloaded',
      '429 rate_limited',
      'Retry-After asked for 1.00 s',
      'fell back to anthropic/claude-sonnet-5-5',
      'Time: ',
      'OPENAI_API_KEY',
    ])
      expect(out).toContain(shown)
    const [, uiUrl = ''] = /Web UI: (http:\/\/127\.0\.0\.1:\d+)\/namespaces/.exec(out) ?? []
    await expect(fetch(uiUrl)).rejects.toThrow()
  }, 90_000)

  it('with --keep leaves the Web UI up until Ctrl-C', async () => {
    const command = host.run(['quickstart', '--keep', '--temporal-port', '0', '--ui-port', '0'])
    const [, uiUrl = ''] = await command.says(/Everything is up .*Web UI at (http:\S+?)\)/)
    expect((await fetch(uiUrl)).status).toBe(200)
    command.kill('SIGINT')
    expect(await command.exited).toBe(0)
    await expect(fetch(uiUrl)).rejects.toThrow()
  }, 90_000)

  it('says which port is taken and how to choose another', async () => {
    const taken = createServer()
    const port = await new Promise<number>((resolve, reject) => {
      taken.listen(0, '127.0.0.1', () => {
        const address = taken.address()
        if (address === null || typeof address === 'string') reject(new Error('no port'))
        else resolve(address.port)
      })
    })
    const command = host.run(['quickstart', '--temporal-port', '0', '--ui-port', String(port)])
    expect(await command.exited).toBe(1)
    expect(command.stderr()).toContain(`Port ${port}`)
    expect(command.stderr()).toContain('--ui-port')
    await new Promise((resolve) => taken.close(resolve))
  }, 90_000)

  it('says all that was tried when no Temporal server can be had', async () => {
    const nothing = {
      PATH: '/nonexistent',
      HOME: host.folder,
      XDG_CACHE_HOME: path.join(host.folder, 'cache'),
    }
    const command = host.run(['quickstart', '--temporal-port', '0', '--ui-port', '0'], {
      ...nothing,
      TEMPORAL_CLI: '/nonexistent/temporal',
    })
    expect(await command.exited).toBe(1)
    expect(command.stderr()).toContain('/nonexistent/temporal')
    expect(command.stderr()).toContain('TEMPORAL_CLI')
  }, 90_000)

  it('says which Node it needs when the one it has is too old', () => {
    const lib = path.resolve(__dirname, '..', '..', 'scripts', 'lib', 'install.mjs')
    const old = `Object.defineProperty(process.versions, 'node', { value: '18.19.0' }); const { checkNode } = await import(${JSON.stringify(lib)}); try { checkNode() } catch (error) { console.log(error.message) }`
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', old], { encoding: 'utf8' })
    expect(output).toMatch(/18\.19\.0/)
    expect(output).toMatch(/20\.18/)
  })
})
