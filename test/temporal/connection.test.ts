import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { freePorts } from '../../src/dev-server/ports'
import { connectClient, temporalOptions } from '../../src/temporal/connection'
import { TemporalUnreachableError } from '../../src/temporal/errors'
import { connectNative } from '../../src/temporal/native-connection'
import { checkSearchAttributes } from '../../src/temporal/search-attributes'
import { testServer } from '../helpers/temporal'

/** Shakes hands, and says nothing more. */
function tlsEcho(): tls.Server {
  const pem = (name: string) => readFileSync(path.join(__dirname, '..', 'fixtures', 'tls', name))
  const server = tls.createServer(
    { key: pem('localhost-key.pem'), cert: pem('localhost-cert.pem') },
    (socket) => socket.on('error', () => undefined),
  )
  return server.on('tlsClientError', () => undefined)
}

let home: string
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'holdfast-connection-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

describe('the connection settings', () => {
  it('are a local server where nothing is set', () => {
    expect(temporalOptions({ HOME: home })).toEqual({
      address: '127.0.0.1:7233',
      namespace: 'default',
      connection: {},
    })
  })

  it('come from the environment; an empty variable is as good as none', () => {
    const env = {
      HOME: home,
      TEMPORAL_ADDRESS: 'there:7233',
      TEMPORAL_NAMESPACE: 'ours',
      TEMPORAL_API_KEY: '',
    }
    expect(temporalOptions(env)).toEqual({ address: 'there:7233', namespace: 'ours', connection: {} })
  })

  it('turn TLS on with an API key', () => {
    const { connection } = temporalOptions({ HOME: home, TEMPORAL_API_KEY: 'key' })
    expect(connection).toEqual({ apiKey: 'key', tls: true })
  })

  it('take a profile and certificates from a config file, and what the environment sets over it', () => {
    const certificate = path.join(home, 'ca.pem')
    writeFileSync(certificate, 'PEM')
    const file = path.join(home, 'temporal.toml')
    writeFileSync(file, '[profile.prod]\naddress = "prod:7233"\nnamespace = "theirs"\n')
    const { address, namespace, connection } = temporalOptions({
      HOME: home,
      TEMPORAL_CONFIG_FILE: file,
      TEMPORAL_PROFILE: 'prod',
      TEMPORAL_NAMESPACE: 'ours',
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificate,
    })
    expect({ address, namespace }).toEqual({ address: 'prod:7233', namespace: 'ours' })
    expect(connection.tls).toMatchObject({ serverRootCACertificate: Uint8Array.from(Buffer.from('PEM')) })
  })

  it.each([
    ['https://ns.acct.tmprl.cloud:7233', /is a URL.*write host:port, here ns\.acct\.tmprl\.cloud:7233/],
    ['grpc://127.0.0.1', /is a URL.*here 127\.0\.0\.1:7233/],
    ['there:7233/path', /is a URL.*here there:7233/],
    ['there', /has no port.*here there:7233/],
    ['::1', /has no port.*here \[::1\]:7233/],
    [':7233', /here 127\.0\.0\.1:7233/],
    ['there:99999', /has no port of 1 to 65535/],
  ])('that name the address as %s are an error that names the cure', (address, cure) => {
    expect(() => temporalOptions({ HOME: home, TEMPORAL_ADDRESS: address })).toThrow(cure)
  })

  it('take an IPv6 address', () => {
    expect(temporalOptions({ HOME: home, TEMPORAL_ADDRESS: '[::1]:7233' }).address).toBe('[::1]:7233')
  })

  it('that name an unknown profile or an unreadable certificate are an error that says so', () => {
    expect(() => temporalOptions({ HOME: home, TEMPORAL_PROFILE: 'prod' })).toThrow(/not usable.*'prod'/)
    const env = { HOME: home, TEMPORAL_TLS_SERVER_CA_CERT_PATH: path.join(home, 'none.pem') }
    expect(() => temporalOptions(env)).toThrow(/not usable.*none\.pem/)
  })
})

describe.each([
  ['client', connectClient],
  ['native', connectNative],
])('the %s connection', (_, connect) => {
  // They wait, for the most part: so at the same time.
  it('reaches a server that is there, and may be requested its search attributes', async () => {
    const { address, namespace } = testServer()
    const connection = await connect({ address }, 10_000)
    expect(await checkSearchAttributes(connection, namespace, 10_000)).toEqual({ ok: true })
    await connection.close()
  })

  it.concurrent('says what to do when nothing listens, within its time', async () => {
    const [port] = await freePorts(1, '127.0.0.1')
    await expectUnreachable(`127.0.0.1:${port}`, 'connection refused')
  })

  it.concurrent('says so when somebody listens who never answers, within its time', async () => {
    const sockets = new Set<net.Socket>()
    const silent = net.createServer((socket) => sockets.add(socket.on('error', () => undefined)))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    await expectUnreachable(`127.0.0.1:${(silent.address() as net.AddressInfo).port}`, 'no answer within 2 s')
    for (const socket of sockets) socket.destroy()
    silent.close()
  })

  it.concurrent('says what to set when a key or a setting turns TLS on, and the server has none', async () => {
    const { address } = testServer()
    const refused = (connection: { apiKey?: string; tls: true }) =>
      connect({ address, connection }, 3_000).catch((thrown: unknown) => thrown)
    const [withKey, withSetting] = await Promise.all([
      refused({ apiKey: 'k', tls: true }),
      refused({ tls: true }),
    ])
    expect(withKey).toMatchObject({
      message: expect.stringMatching(/uses no TLS, which TEMPORAL_API_KEY turns on; set TEMPORAL_TLS=false/),
    })
    expect(withSetting).toMatchObject({
      message: expect.stringMatching(/uses no TLS; set TEMPORAL_TLS=false/),
    })
  })

  it.concurrent('says what to set when the server has TLS and the client does not', async () => {
    const server = tlsEcho()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = `127.0.0.1:${(server.address() as net.AddressInfo).port}`
    const error = await connect({ address }, 1_000).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ message: expect.stringMatching(/uses TLS; set TEMPORAL_TLS=true/) })
    server.close()
  })

  it.concurrent('says so when the name is unknown', async () => {
    await expectUnreachable(
      'nowhere.invalid:7233',
      '(no such host|the host name could not be looked up|no answer within 2 s)',
    )
  })

  async function expectUnreachable(address: string, reason: string) {
    const startedAt = Date.now()
    const error = await connect({ address }).catch((thrown: unknown) => thrown)
    expect(Date.now() - startedAt).toBeLessThan(4_000)
    expect(error).toBeInstanceOf(TemporalUnreachableError)
    const advice = 'start it with `holdfast up` or set TEMPORAL_ADDRESS'
    const message = new RegExp(`^Temporal is not reachable at ${address}: ${reason}; ${advice}$`)
    expect(error).toMatchObject({ address, message: expect.stringMatching(message) })
  }
})

it('what the client entry needs of Temporal never loads the native runtime', () => {
  const top = path.join(__dirname, '..', '..', 'src')
  const program = `
    const loads = (...names) => {
      for (const name of names) require(${JSON.stringify(`${top}/`)} + name)
      return Object.keys(require.cache).some((file) => /core-bridge|temporalio.worker/.test(file))
    }
    const pure = loads('temporal/connection', 'temporal/search-attributes', 'dev-server/embedded', 'dev-server/find-cli', 'temporal/workflow-bundle')
    process.stdout.write(JSON.stringify({ pure, native: loads('temporal/native-connection') }))`
  const args = ['-r', path.join(__dirname, '..', 'helpers', 'ts.cjs'), '-e', program]
  const printed = execFileSync(process.execPath, args, { encoding: 'utf8' })
  expect(JSON.parse(printed)).toEqual({ pure: false, native: true })
})
