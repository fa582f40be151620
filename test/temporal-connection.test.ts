import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { connectClient, temporalOptions } from '../src/temporal/connection'
import { TemporalUnreachableError } from '../src/temporal/errors'
import { connectNative } from '../src/temporal/native-connection'
import { freePorts } from '../src/temporal/ports'
import { checkSearchAttributes } from '../src/temporal/search-attributes'
import { testServer } from './helpers/temporal'

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
  it('reaches a server that is there, and may be asked for its search attributes', async () => {
    const { address, namespace } = testServer()
    const connection = await connect({ address }, 10_000)
    expect(await checkSearchAttributes(connection, namespace, 10_000)).toEqual({ ok: true })
    await connection.close()
  })

  it('says what to do when nothing listens, within its time', async () => {
    const [port] = await freePorts(1, '127.0.0.1')
    await expectUnreachable(`127.0.0.1:${port}`, 'connection refused')
  })

  it('says so when somebody listens who never answers, within its time', async () => {
    const sockets = new Set<net.Socket>()
    const silent = net.createServer((socket) => sockets.add(socket.on('error', () => undefined)))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    await expectUnreachable(`127.0.0.1:${(silent.address() as net.AddressInfo).port}`, 'no answer within 2 s')
    for (const socket of sockets) socket.destroy()
    silent.close()
  })

  it('says so when the name is unknown', async () => {
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
  const top = path.join(__dirname, '..', 'src', 'temporal')
  const program = `
    const loads = (...names) => {
      for (const name of names) require(${JSON.stringify(`${top}/`)} + name)
      return Object.keys(require.cache).some((file) => /core-bridge|temporalio.worker/.test(file))
    }
    const pure = loads('connection', 'search-attributes', 'embedded', 'find-cli', 'workflow-bundle')
    process.stdout.write(JSON.stringify({ pure, native: loads('native-connection') }))`
  const args = ['-r', path.join(__dirname, 'helpers', 'ts.cjs'), '-e', program]
  const printed = execFileSync(process.execPath, args, { encoding: 'utf8' })
  expect(JSON.parse(printed)).toEqual({ pure: false, native: true })
})
