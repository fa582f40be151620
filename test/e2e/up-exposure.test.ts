/** What `up` shows to others: to another user of the host, and to a web page that makes its own name point here. */
import { chmodSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { type Command, type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/processes'

let host: Commands
let up: Command
let ui: string
let before: number
beforeAll(async () => {
  host = commands()
  // A user who lets everybody read everything.
  before = process.umask(0)
  await start()
}, 60_000)
async function start(): Promise<void> {
  up = host.run([
    ...['up', '--demo', '--data', data(), '--port', '0', '--temporal-port', '0', '--ui-port', '0'],
  ])
  ;[, ui = ''] = await up.says(/Web UI\s+(\S+)/)
  await up.says(/OpenAI API\s+(\S+)\/v1/)
}
const data = (): string => path.join(host.folder, 'data')

afterAll(async () => {
  process.umask(before)
  await host.close()
})

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8)

/** With the folder's own as '.'. */
const modes = (): { [name: string]: string } =>
  Object.fromEntries(['.', ...readdirSync(data())].map((name) => [name, modeOf(path.join(data(), name))]))
const CLOSED = {
  ...{ '.': '700', 'temporal.db': '600', 'temporal.db-wal': '600', 'temporal.db-shm': '600' },
  ...{ 'temporal.log': '600', 'temporal.db.lock': '600', builds: '700' },
}

it("its data are for their owner alone, whatever the user's umask, and so are those of an earlier version", async () => {
  expect(modes()).toEqual(CLOSED)
  up.kill('SIGKILL')
  await up.exited
  chmodSync(data(), 0o755)
  const files = Object.keys(CLOSED).filter((name) => name.startsWith('temporal'))
  for (const name of files) chmodSync(path.join(data(), name), 0o644)
  await start()
  expect(modes()).toEqual(CLOSED)
}, 60_000)

interface HttpAsk {
  path?: string
  method?: string
  headers: http.OutgoingHttpHeaders
}
/** The status, or null where the response is no HTTP. */
const ask = (
  ip: string,
  port: number,
  { path = '/', method = 'GET', headers }: HttpAsk,
): Promise<number | null> =>
  new Promise((resolve) => {
    const request = http.request({ host: ip, port, path, method, headers, agent: false, timeout: 2_000 })
    request.once('response', (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? null)
    })
    request.once('error', () => resolve(null))
    request.once('timeout', () => request.destroy())
    request.end()
  })
const NAMESPACES = '/api/v1/namespaces'

it('its Web UI answers to names of loopback, and to its own pages alone', async () => {
  const { hostname, port, host } = new URL(ui)
  const at = (headers: http.OutgoingHttpHeaders, wanted: Omit<HttpAsk, 'headers'> = { path: NAMESPACES }) =>
    ask(hostname, Number(port), { headers, ...wanted })
  // The server serves a moment before its UI.
  await until('the UI is up', async () => (await at({ host })) === 200)
  expect([await at({ host }, {}), await at({ host }), await at({ host: `localhost:${port}` })]).toEqual([
    200, 200, 200,
  ])
  expect(await at({ host, origin: `http://${host}` })).toBe(200)
  const foreign = ['evil.test', `evil.test:${port}`, `127.0.0.1.evil.test:${port}`]
  expect(await Promise.all(foreign.map((name) => at({ host: name })))).toEqual([403, 403, 403])
  const origins = ['http://evil.test', 'null', `http://localhost:${Number(port) + 1}`]
  for (const method of ['GET', 'POST'])
    expect(
      await Promise.all(origins.map((origin) => at({ host, origin }, { path: NAMESPACES, method }))),
    ).toEqual([403, 403, 403])
})

const linux = process.platform === 'linux' ? it : it.skip

linux('no port of it answers a page of a foreign name with anything but counters', async () => {
  const listening = listenersOf(treeOf(up.pid))
  const shown: string[] = []
  for (const { ip, port } of listening.filter((one) => one.ip === '127.0.0.1'))
    for (const wanted of ['/', NAMESPACES, '/api/v1/namespaces/default/workflows', '/v1/models', '/readyz']) {
      const status = await ask(ip, port, { path: wanted, headers: { host: 'evil.test' } })
      if (status !== null && status < 400) shown.push(`${port}${wanted}: ${status}`)
    }
  expect(shown).toEqual([])
  // What has no guard of its own stands where no page finds it: one address out of 16 million.
  const elsewhere = listening.filter(({ ip }) => ip !== '127.0.0.1')
  expect(elsewhere).toEqual([{ ip: expect.stringMatching(/^127\.\d+\.\d+\.\d+$/), port: expect.any(Number) }])
  expect(listening.length).toBeGreaterThan(5)
})

linux("the server's HTTP API refuses its own address too: a page may send to that", async () => {
  const statuses: (number | null)[] = []
  for (const { ip, port } of listenersOf(treeOf(up.pid)))
    if (`${ip}:${port}` !== new URL(ui).host && ip === '127.0.0.1')
      statuses.push(await ask(ip, port, { path: NAMESPACES, headers: { host: `${ip}:${port}` } }))
  expect(statuses).toContain(403)
  expect(statuses).not.toContain(200)
})

function treeOf(top: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        return [{ pid: Number(pid), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) }]
      } catch {
        // It has just ended.
        return []
      }
    })
  const below = (pid: number): number[] => [
    pid,
    ...parents.filter(({ parent }) => parent === pid).flatMap((child) => below(child.pid)),
  ]
  return below(top)
}

function listenersOf(pids: readonly number[]): { ip: string; port: number }[] {
  const inodes = new Set(
    pids.flatMap((pid) =>
      readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
        } catch {
          // Closed meanwhile.
          return []
        }
      }),
    ),
  )
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode = '']) => state === '0A' && inodes.has(inode))
      .map(([, local = '']) => {
        const [address = '', port = ''] = local.split(':')
        const bytes = address.slice(-8).match(/../g) ?? []
        return {
          ip: bytes
            .map((byte) => Number.parseInt(byte, 16))
            .reverse()
            .join('.'),
          port: Number.parseInt(port, 16),
        }
      }),
  )
}
