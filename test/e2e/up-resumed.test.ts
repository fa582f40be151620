/** `up`, whose delivery log is in memory, killed in mid-stream and started again. Its accepted generations: up-killed.test.ts. */
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Commands, commands } from '../helpers/commands'
import { expectWhole, streamChat } from '../helpers/listening'

const TEXT = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')

describe('together: `up` killed in mid-stream and started again', () => {
  let host: Commands
  let simulator: Simulator
  beforeAll(async () => {
    simulator = await startSimulator()
    host = commands()
    host.file(
      'holdfast.yaml',
      `
providers: { alpha: { api: openai-chat, baseUrl: ${simulator.url}/alpha/v1, auth: none } }
routes: { default: { candidates: [alpha/model-a], timeouts: { workerLost: 1500ms } } }
`,
    )
  })
  afterAll(async () => {
    await host?.close()
    await simulator?.close()
  })

  const up = async (temporalPort: string) => {
    const command = host.run(['up', '--port', '0', '--temporal-port', temporalPort, '--ui-port', '0'])
    const [, port = ''] = await command.says(/Temporal\s+127\.0\.0\.1:(\d+)/)
    const [, url = ''] = await command.says(/OpenAI API\s+(\S+)\/v1/)
    return { command, port, url }
  }

  it('the log is gone: a resumed stream gets an error, a new request the whole answer, and it was paid twice', async () => {
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '50ms', times: 1 }, { answer: TEXT }])
    const before = await up('0')
    const chat = streamChat(before.url, { key: 'up' })
    await chat.words(10)
    before.command.kill('SIGKILL')
    expect([await chat.ended, chat.whole()]).toEqual(['broken', false])

    const after = await up(before.port)
    const resumed = streamChat(after.url, { key: 'up' }, chat)
    expect([await resumed.ended, resumed.whole()]).toEqual(['end', false])
    expect(resumed.error()).not.toBeNull()
    expect(resumed.text()).toBe(chat.text())
    await expectWhole(streamChat(after.url, { key: 'up' }), TEXT)
    expect(simulator.calls()).toHaveLength(2)
    after.command.kill('SIGTERM')
    expect(await after.command.exited).toBe(0)
  }, 120_000)
})
