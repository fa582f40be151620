/** What the doctor says of the payload store: where it works, and what to do where it does not. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type DoctorStand, doctorStand, KEYLESS } from '../helpers/doctor'
import { startFakeS3 } from '../helpers/fake-s3'

const KEYS = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }
const s3 = (endpoint: string): string =>
  `payloads: { store: s3, bucket: our-bucket, region: us-east-1, endpoint: "${endpoint}" }`

let stand: DoctorStand
afterEach(() => stand.close())

async function usable(
  payloads: string | ((folder: string) => string),
  env: { [name: string]: string } = {},
  id = 'payloads.usable',
) {
  stand = doctorStand(KEYLESS)
  const block = typeof payloads === 'string' ? payloads : payloads(stand.folder)
  writeFileSync(path.join(stand.folder, 'holdfast.yaml'), `${KEYLESS}${block}\n`)
  const findings = await stand.findings([id], env)
  return findings.find(({ check }) => check === id)
}

it('a folder that takes objects is well, and one that can not be made is an error about rights and room', async () => {
  expect(await usable((folder) => `payloads: { store: disk, path: ${folder}/objects }`)).toMatchObject({
    status: 'ok',
    message: expect.stringMatching(/on disk .*an object was written, read and deleted in \d+ ms/),
  })
  stand.close()
  expect(
    await usable((folder) => {
      writeFileSync(path.join(folder, 'taken'), 'a file')
      return `payloads: { store: disk, path: ${folder}/taken }`
    }),
  ).toMatchObject({
    status: 'error',
    message: expect.stringMatching(/refuses: E(NOTDIR|EXIST)/),
    fix: expect.stringContaining('the right to put, get, list and delete'),
  })
})

it('a variable that is not set is to be set: nothing says that the store does not run', async () => {
  expect(await usable(s3('http://127.0.0.1:9'), { AWS_ACCESS_KEY_ID: 'id' })).toMatchObject({
    status: 'error',
    message: 'payloads needs AWS_SECRET_ACCESS_KEY, which is not set',
    fix: expect.stringContaining('set what it names'),
  })
})

it('a bucket that denies is an error about rights, with the code that it gives', async () => {
  const server = await startFakeS3()
  server.fail('PUT', { status: 403, code: 'AccessDenied' })
  expect(await usable(s3(server.url), KEYS)).toMatchObject({
    status: 'error',
    message: expect.stringContaining('refuses: HTTP 403 AccessDenied'),
    fix: expect.stringContaining('the right to put, get, list and delete'),
  })
  await server.close()
})

it('a server that does not answer is an error about the way to it', async () => {
  expect(await usable(s3('http://127.0.0.1:9'), KEYS)).toMatchObject({
    status: 'error',
    fix: expect.stringContaining('whether this machine reaches it'),
  })
})

const rule = (
  days: number,
  more = '<Filter><Prefix>holdfast/</Prefix></Filter>',
  status = 'Enabled',
): string =>
  `<Rule><ID>a</ID>${more}<Status>${status}</Status><Expiration><Days>${days}</Days></Expiration></Rule>`
const MINUTES =
  '<Rule><Status>Enabled</Status><Expiration><Date>2020-01-01T00:00:00.000Z</Date></Expiration></Rule>'

it.each<[string, string | null, string, RegExp]>([
  ['no rules', null, 'warn', /no lifecycle rule deletes/],
  ['rules of another prefix', rule(1, '<Prefix>logs/</Prefix>'), 'warn', /no lifecycle rule deletes/],
  ['a rule that is off', rule(1, '', 'Disabled'), 'warn', /no lifecycle rule deletes/],
  [
    'a rule of a tag',
    rule(1, '<Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter>'),
    'warn',
    /no lifecycle/,
  ],
  [
    'a rule of a part of the prefix',
    rule(40, '<Prefix>holdfast/a</Prefix>'),
    'warn',
    /no lifecycle rule deletes/,
  ],
  ['a rule of the whole bucket that is long enough', rule(30, ''), 'ok', /delete the objects after 30d/],
  ['a rule below keepFor', rule(30) + rule(9), 'warn', /after 9d, sooner than payloads.keepFor, 30d/],
  ['a rule that deletes at once', MINUTES, 'error', /what runs loses its request/],
  ['rules that may not be read', 'denied', 'skipped', /could not be read.*403 AccessDenied/],
])('a bucket with %s', async (_, xml, status, message) => {
  const server = await startFakeS3()
  server.setLifecycle(xml)
  const found = await usable(
    `payloads: { store: s3, bucket: our-bucket, region: us-east-1, prefix: holdfast/, endpoint: "${server.url}" }`,
    KEYS,
    'payloads.expire',
  )
  expect(found).toMatchObject({ status, message: expect.stringMatching(message) })
  await server.close()
})
