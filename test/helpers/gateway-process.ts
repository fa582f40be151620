/** `holdfast gateway` processes against the shared server and a stack's worker. Needs `npm run build`. */
import { type Command, type Commands, commands } from './commands'
import { type Stack, twoProviders } from './stack'
import { testServer } from './temporal'

export const CHAT_BODY = { model: 'default', messages: [{ role: 'user', content: 'hi' }] }

export interface GatewayProcesses {
  /** Started, and whatever comes of it. */
  run(env: { [name: string]: string }, ...args: string[]): { command: Command }
  start(env?: { [name: string]: string }, ...args: string[]): Promise<{ command: Command; url: string }>
  close(): Promise<void>
}

export function gatewayProcesses({ simulator, taskQueue }: Stack): GatewayProcesses {
  const host: Commands = commands()
  host.file('holdfast.yaml', twoProviders(simulator.url))
  const run = (env: { [name: string]: string }, ...args: string[]) => ({
    command: host.run(['gateway', '--port', '0', ...args], {
      TEMPORAL_ADDRESS: testServer().address,
      HOLDFAST_TASK_QUEUE: taskQueue,
      ...env,
    }),
  })
  return {
    run,
    async start(env = {}, ...args) {
      const { command } = run(env, ...args)
      const [, url = ''] = await command.says(/Gateway at (http:\/\/[^:]+:\d+)/)
      return { command, url }
    },
    close: host.close,
  }
}

export const postChat = (url: string, body: object, headers = {}): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

/** Ends it as a deploy does. */
export async function end(command: Command): Promise<void> {
  command.kill('SIGTERM')
  expect(await command.exited).toBe(0)
}
