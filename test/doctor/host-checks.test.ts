/** This machine, and a gateway by its URL: one that is well, and whatever else may answer there. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { nodeFinding, OLDEST_NODE } from '../../src/doctor/host-checks'
import { type DoctorStand, doctorStand, KEYLESS, of, unwell } from '../helpers/doctor'
import { testGateway } from '../helpers/gateway'
import { listen } from '../helpers/sockets'

let doctor: DoctorStand
beforeEach(() => {
  doctor = doctorStand(KEYLESS)
})
afterEach(() => doctor.close())

describe('Node', () => {
  it('too old is an error, past its end a warning with the day, and supported is well', () => {
    expect(nodeFinding('20.18.0').status).toBe('error')
    expect(nodeFinding('18.20.4').status).toBe('error')
    expect(nodeFinding('20.18.1')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('2026-04-30'),
    })
    for (const version of ['22.23.0', '24.21.0', '26.12.0', '30.0.0'])
      expect(nodeFinding(version).status).toBe('ok')
  })

  it('the oldest one is that of package.json', () => {
    const { engines } = JSON.parse(readFileSync(path.join(__dirname, '..', '..', 'package.json'), 'utf8'))
    expect(engines.node).toBe(`>=${OLDEST_NODE}`)
  })
})

describe('the folder of `up`', () => {
  const folder = () => path.join(doctor.folder, '.holdfast')
  const database = (fileMode: number, folderMode: number): void => {
    mkdirSync(folder())
    writeFileSync(path.join(folder(), 'temporal.db'), 'x'.repeat(2_048), { mode: fileMode })
    chmodSync(path.join(folder(), 'temporal.db'), fileMode)
    chmodSync(folder(), folderMode)
  }

  it('that does not exist is skipped', async () => {
    expect(await doctor.findings(['host.data'])).toMatchObject([{ status: 'skipped' }])
  })

  it('for its owner alone is well, with what is used and free', async () => {
    database(0o600, 0o700)
    const [finding] = await doctor.findings(['host.data'])
    expect(finding).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/2\.0 KiB used by Temporal, [\d.]+ [MGT]iB free$/),
    })
  })

  it('that others can read is a warning for the folder and for each such file, with the command', async () => {
    database(0o644, 0o755)
    const findings = await doctor.findings(['host.data'])
    expect(unwell(findings)).toEqual(['warn host.data', 'warn host.data'])
    expect(findings.map(({ fix }) => fix).slice(1)).toEqual([
      `chmod go= ${folder()}`,
      `chmod go= ${path.join(folder(), 'temporal.db')}`,
    ])
  })
})

describe('a gateway', () => {
  const look = async (url: string) =>
    of(await doctor.findings(['gateway'], {}, { gateway: url }), 'gateway.ready')[0]
  const answering = (handle: http.RequestListener) => listen(http.createServer(handle))

  it('that is ready is well, and none is looked at unless it is named', async () => {
    const gateway = await testGateway()
    expect(await look(`${gateway.url}/`)).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('is ready'),
    })
    await gateway.close()
    expect(await doctor.findings(['gateway'])).toMatchObject([{ status: 'skipped' }])
  })

  it('that is not ready is an error with its reason, and what to do behind it', async () => {
    const gateway = await testGateway({
      ready: async () => ({ ok: false, temporal: true, worker: false, reason: 'no worker polls: start one' }),
    })
    expect(await look(gateway.url)).toMatchObject({
      status: 'error',
      message: expect.stringContaining('no worker polls'),
      fix: 'start one',
    })
    await gateway.close()
  })

  it('that is no gateway, answers with no end, or redirects, is an error; no password of its URL is in any', async () => {
    const page = await answering((_, response) => response.end('<html>hello</html>'))
    expect((await look(`http://127.0.0.1:${page.port}`))?.message).toContain('is no gateway of Holdfast')
    await page.close()
    const away = await answering((_, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:9' }).end(),
    )
    expect((await look(`http://127.0.0.1:${away.port}`))?.status).toBe('error')
    await away.close()
    const endless = await answering((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"ok":')
    })
    const finding = await look(`http://127.0.0.1:${endless.port}`)
    expect(finding).toMatchObject({
      status: 'error',
      message: expect.stringContaining('no answer within 3 s'),
    })
    await endless.close()
    const named = await look('http://user:hunter2-secret@127.0.0.1:9/')
    expect(named?.status).toBe('error')
    expect(JSON.stringify(named)).not.toContain('hunter2')
    expect((await look('not a url'))?.status).toBe('error')
  }, 20_000)
})
