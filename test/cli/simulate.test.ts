/** `holdfast simulate` as a command: what it prints, and that a signal ends it. */
import { Command } from 'commander'
import { registerSimulate } from '../../src/cli/simulate'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
const listenersBefore = { SIGTERM: process.listeners('SIGTERM'), SIGINT: process.listeners('SIGINT') }

const run = (...args: string[]) => {
  const program = new Command().exitOverride()
  registerSimulate(program)
  for (const command of program.commands)
    command.exitOverride().configureOutput({ writeErr: () => undefined })
  return program.parseAsync(['simulate', ...args], { from: 'user' })
}

describe('holdfast simulate', () => {
  let out = ''
  let err = ''
  let onOut: (() => void) | null = null

  beforeEach(() => {
    out = ''
    err = ''
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += String(text)
      onOut?.()
      return true
    })
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      err += String(text)
      return true
    })
  })
  afterEach(() => {
    jest.restoreAllMocks()
    // `untilSignal` keeps listening, as it should in a process of its own.
    for (const signal of SIGNALS) {
      for (const listener of process.listeners(signal)) {
        if (!listenersBefore[signal].includes(listener)) process.off(signal, listener)
      }
    }
  })

  const started = () =>
    new Promise<void>((resolve) => {
      onOut = resolve
    })

  it('prints its URLs, logs one line per call without its content, and ends on SIGTERM', async () => {
    const ready = started()
    const ended = run('--port', '0', '--json')
    await ready
    const { url, control } = JSON.parse(out)
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'top secret' }] })
    const headers = { authorization: 'Bearer sk-secret' }
    const answer = await fetch(`${url}/alpha/v1/chat/completions`, { method: 'POST', body, headers })
    expect(await answer.text()).toContain('top secret')
    expect((await fetch(`${control}/healthz`)).status).toBe(200)
    process.emit('SIGTERM')
    await ended
    expect(err).toMatch(/^#0 alpha\/m openai-chat whole default -> 200 answered in \d+ ms\n$/)
    await expect(fetch(`${url}/_simulator/healthz`)).rejects.toThrow()
  })

  it('shows a config snippet that points at it', async () => {
    const ready = started()
    const ended = run('--port', '0')
    await ready
    process.emit('SIGTERM')
    await ended
    expect(out).toMatch(
      /alpha: \{ api: openai-chat, +baseUrl: http:\/\/127\.0\.0\.1:\d+\/alpha\/v1, auth: none \}/,
    )
  })

  it('refuses a script file that does not exist, and an invalid port', async () => {
    await expect(run('--script', 'no-such-file.yaml')).rejects.toThrow('no-such-file.yaml')
    await expect(run('--port', 'abc')).rejects.toThrow('port')
  })
})
