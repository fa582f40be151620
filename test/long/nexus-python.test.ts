/** The Python caller of examples/nexus as its reader runs it: against `holdfast up --demo`, from a namespace of its own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { freePorts } from '../../src/dev-server/ports'
import { connectClient } from '../../src/temporal/connection'
import { INSTALL_JEST_MS, pythonPackages } from '../helpers/python'

const run = promisify(execFile)

const TOP = path.resolve(__dirname, '..', '..')
const EXAMPLE = path.join(TOP, 'examples', 'nexus')
const requirements = readFileSync(path.join(EXAMPLE, 'python', 'requirements.txt'), 'utf8')
const PACKAGES = pythonPackages(requirements.trim().split('\n'))

let folder: string
let up: ChildProcess
let address: string
beforeAll(async () => {
  await PACKAGES.install()
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-nexus-'))
  const [temporal = 0, ui = 0, http = 0] = await freePorts(3, '127.0.0.1')
  address = `127.0.0.1:${temporal}`
  const ports = ['--temporal-port', String(temporal), '--ui-port', String(ui), '--port', String(http)]
  const program = path.join(TOP, 'dist', 'src', 'cli', 'main.js')
  const options = [
    'up',
    '--demo',
    '--config',
    path.join(EXAMPLE, 'holdfast.yaml'),
    '--data',
    folder,
    ...ports,
  ]
  const { TEMPORAL_ADDRESS: _address, ...env } = process.env
  up = spawn(process.execPath, [program, ...options], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    up.stdout?.on('data', (text) => String(text).includes('Holdfast is up') && resolve())
    up.on('exit', (code) => reject(new Error(`holdfast up ended with ${code}`)))
  })
  const connection = await connectClient({ address })
  await connection.workflowService.registerNamespace({
    namespace: 'callers',
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  })
  await connection.close()
}, INSTALL_JEST_MS)
afterAll(async () => {
  const gone = new Promise((resolve) => up.on('exit', resolve))
  up.kill('SIGTERM')
  await gone
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

it('has its ticket answered', async () => {
  const calling = run('python3', [path.join(EXAMPLE, 'python', 'caller.py'), 'It is broken'], {
    env: { PATH: process.env.PATH ?? '', PYTHONPATH: PACKAGES.folder, TEMPORAL_ADDRESS: address },
    timeout: 60_000,
  })
  // The SDK of 1.35.0 may abort the interpreter at its end, behind all that the program has done.
  const { stdout } = await calling.catch((error: { stdout: string }) => error)
  expect(stdout).toMatch(
    /^Simulated answer from openai\/gpt-6\.1-sol to .*It is broken.* \(openai\/gpt-6\.1-sol, 1 attempts\)$/m,
  )
}, 90_000)
