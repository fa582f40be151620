/** The packed package in a foreign project that has its own Temporal SDK and zod: as npm installs it, or linked. */
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { startSimulator } from '../../src/simulator'
import { testServer } from './temporal'

export const TOP = path.resolve(__dirname, '..', '..')

export const run = (
  command: string,
  args: string[],
  cwd: string,
  env: { [name: string]: string } = {},
): string =>
  execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })

interface Manifest {
  dependencies: { [name: string]: string }
  peerDependencies: { [name: string]: string }
  peerDependenciesMeta: { [name: string]: { optional: boolean } }
}

export const manifest = (): Manifest => JSON.parse(readFileSync(path.join(TOP, 'package.json'), 'utf8'))

/** @returns the folder, which holds nothing but the packed package. */
function packed(): { folder: string; archive: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-foreign-'))
  const printed = run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], TOP)
  mkdirSync(path.join(folder, 'node_modules'))
  return { folder, archive: printed.trim().split('\n').at(-1) ?? '' }
}

/** As npm installs it, with all that it fetches, and `more` (package -> version). Takes a minute. */
export function installedProject(more: { [name: string]: string } = {}): string {
  const { folder, archive } = packed()
  const own = { '@temporalio/client': '1.24.0', zod: '^4.0.0', holdfast: `file:./${archive}` }
  const dependencies = { ...own, ...more }
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name: 'foreign', private: true, dependencies }),
  )
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], folder)
  return folder
}

/** Unpacked, beside links to what it says it depends on, and to nothing else: quick. */
export function linkedProject(): string {
  const { folder, archive } = packed()
  const modules = path.join(folder, 'node_modules')
  mkdirSync(path.join(modules, 'holdfast'))
  run('tar', ['-xzf', archive, '-C', path.join(modules, 'holdfast'), '--strip-components=1'], folder)
  const { dependencies, peerDependencies } = manifest()
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true })
    symlinkSync(path.join(TOP, 'node_modules', name), path.join(modules, name))
  }
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'foreign', private: true }))
  return folder
}

/**
 * As npm lays it out where something else of the project wants `protobufjs` 7: that one stands at the top, and each of
 * Temporal's packages has a copy of 8 of its own. All else is linked.
 */
export function nestedProject(): string {
  const folder = linkedProject()
  const [from, to] = [path.join(TOP, 'node_modules'), path.join(folder, 'node_modules')]
  const eight = path.join(from, 'protobufjs')
  for (const name of readdirSync(path.join(from, '@temporalio'))) {
    const copy = path.join(to, '@temporalio', name)
    rmSync(copy, { force: true })
    // Hard links: the native part alone has 150 MB. Not from one file system to another.
    const source = path.join(from, '@temporalio', name)
    if (spawnSync('cp', ['-al', source, copy]).status !== 0) run('cp', ['-a', source, copy], folder)
    if (!USES_PROTOBUF.includes(name)) continue
    mkdirSync(path.join(copy, 'node_modules'), { recursive: true })
    run('cp', ['-a', eight, path.join(copy, 'node_modules', 'protobufjs')], folder)
  }
  rmSync(path.join(to, 'protobufjs'))
  symlinkSync(
    path.join(from, '@grpc', 'proto-loader', 'node_modules', 'protobufjs'),
    path.join(to, 'protobufjs'),
  )
  mkdirSync(path.join(to, 'holdfast', 'node_modules'))
  symlinkSync(eight, path.join(to, 'holdfast', 'node_modules', 'protobufjs'))
  for (const name of readdirSync(from))
    if (!existsSync(path.join(to, name)) && !name.startsWith('.'))
      symlinkSync(path.join(from, name), path.join(to, name))
  return folder
}

const USES_PROTOBUF = ['client', 'common', 'proto', 'worker']

const CONSUMER = `
import { createHoldfast, HoldfastError, defineConfig } from 'holdfast'
import { z } from 'zod'
const config = defineConfig({
  providers: { alpha: { api: 'openai-chat', baseUrl: process.env.SIMULATOR + '/alpha/v1', auth: 'none' } },
  routes: { default: { candidates: ['alpha/model-a'] } },
})
import { jsonSchema, type UnresolvedRequest } from 'holdfast/workflow'
import { holdfastPlugin } from 'holdfast/plugin'
import type { WorkerOptions } from '@temporalio/worker'
export const own: Partial<WorkerOptions> = { plugins: [holdfastPlugin()] }
export const schema = jsonSchema<{ n: number }>({ type: 'object' })
import { harness, type Reenacted, reenact, replay } from 'holdfast/testing'
export async function test(): Promise<Reenacted> {
  const t = await harness({ config, script: { alpha: ['503', 'ok'] } })
  await replay(await t.history((await t.generate({ prompt: 'x' })).id))
  return reenact('incident.json', { route: { candidates: ['alpha/model-a'] } })
}
import { createHoldfast as createEmbedded } from 'holdfast/embedded'
import { holdfast as provider } from 'holdfast/ai'
import { holdfast as provider7 } from 'holdfast/ai7'
export const modelIds: string[] = [provider('default').modelId, provider7('default').modelId]
export const request: UnresolvedRequest = { prompt: 'x' }
export async function use(): Promise<number> {
  const holdfast = process.env.EMBED ? await createEmbedded({}) : await createHoldfast({})
  const { output } = await holdfast.generate({ prompt: 'x', schema: z.object({ n: z.number() }) })
  if (!(output instanceof HoldfastError)) void config
  return output.n
}
`

/** Of an application that has a worker already. */
const OWN_WORKFLOWS = `
const { workflowInfo } = require('@temporalio/workflow')
const { generate } = require('holdfast/workflow')
exports.ask = async (prompt) => {
  const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
  const { output } = await generate({ prompt, schema, taskQueue: workflowInfo().taskQueue })
  return output
}
`
const OWN_WORKER = `
const { Client } = require('@temporalio/client')
const { NativeConnection, Runtime, Worker } = require('@temporalio/worker')
const { holdfastPlugin } = require('holdfast/plugin')
const config = {
  providers: { alpha: { api: 'openai-chat', baseUrl: process.env.SIMULATOR + '/alpha/v1', auth: 'none' } },
  routes: { default: { candidates: ['alpha/model-a'] } },
}
require('node:fs').writeFileSync('own.yaml', JSON.stringify(config))
const quiet = () => undefined
Runtime.install({ logger: { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet } })
async function main() {
  const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS })
  const taskQueue = 'own-' + process.pid
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: require.resolve('./workflows'),
    plugins: [holdfastPlugin({ config: './own.yaml' })],
  })
  const client = new Client({ connection })
  const ask = (n) => client.workflow.execute('ask', { taskQueue, workflowId: taskQueue + n, args: ['How many?'] })
  await worker.runUntil(async () => {
    console.log(JSON.stringify(await ask(1)))
    console.log(await ask(2).catch((error) => error.cause.details[0].kind))
  })
  await connection.close()
}
main()
`

/** What holds of the package in whichever project. */
export function packageFacts(folder: () => string): void {
  const write = (name: string, text: string): void => writeFileSync(path.join(folder(), name), text)

  it('holds no test, no source map that points nowhere, and no path of the machine it was built on', () => {
    const files = readdirSync(path.join(folder(), 'node_modules', 'holdfast'), { recursive: true }).map(
      String,
    )
    expect(files.filter((file) => /(^|\/)(test|bench)\//.test(file))).toEqual([])
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'docs/library.md',
        'examples/configs/full.yaml',
        'holdfast.schema.json',
        'dist/workflow-bundle.js',
      ]),
    )
    const naming = spawnSync(
      'grep',
      ['-rl', '--include=*.js', '--include=*.map', TOP, 'node_modules/holdfast'],
      { cwd: folder(), encoding: 'utf8' },
    )
    expect(naming.stdout).toBe('')
  })

  it('answers from ESM and from CommonJS, client and embedded worker, and its CLI runs', async () => {
    const simulator = await startSimulator({ script: { alpha: [{ answer: '{"n":1}' }] } })
    try {
      const { address } = testServer()
      const env = {
        TEMPORAL_ADDRESS: address,
        SIMULATOR: simulator.url,
        HOLDFAST_TASK_QUEUE: `foreign-${process.pid}`,
        HOLDFAST_LOG_LEVEL: 'silent',
      }
      const body = (load: string) => `
${load}
const config = {
  providers: { alpha: { api: 'openai-chat', baseUrl: process.env.SIMULATOR + '/alpha/v1', auth: 'none' } },
  routes: { default: { candidates: ['alpha/model-a'] } },
}
require('node:fs').writeFileSync('holdfast.yaml', JSON.stringify(config))
async function main() {
  const embedded = await createEmbedded({ config: './holdfast.yaml' })
  const client = await createHoldfast({ config: './holdfast.yaml' })
  const { output } = await client.generate({ prompt: 'hi', schema: z.object({ n: z.number() }) })
  const wrong = await client.generate({ prompt: '' }).catch((error) => error instanceof HoldfastError)
  console.log(JSON.stringify({ output, wrong }))
  for (const { createHoldfastProvider } of [ai, ai7]) {
    const { content } = await createHoldfastProvider({ client }).languageModel('default').doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] })
    if (content[0].text !== '{"n":1}') throw new Error('holdfast/ai')
  }
  await client.close()
  await embedded.close()
}
main()
`
      write(
        'cjs.cjs',
        body(
          `const { createHoldfast, HoldfastError } = require('holdfast'); const { createHoldfast: createEmbedded } = require('holdfast/embedded'); const ai = require('holdfast/ai'); const ai7 = require('holdfast/ai7'); const { z } = require('zod')`,
        ),
      )
      write(
        'esm.mjs',
        body(
          `import { createRequire } from 'node:module'; import { createHoldfast, HoldfastError } from 'holdfast'; import { createHoldfast as createEmbedded } from 'holdfast/embedded'; import * as ai from 'holdfast/ai'; import * as ai7 from 'holdfast/ai7'; import { z } from 'zod'; const require = createRequire(import.meta.url)`,
        ),
      )
      // Not execFileSync: the simulator answers from this process.
      for (const file of ['cjs.cjs', 'esm.mjs'])
        expect(await output(file, env)).toBe('{"output":{"n":1},"wrong":true}\n')
      expect(
        run(
          process.execPath,
          [path.join(folder(), 'node_modules', 'holdfast', 'dist', 'src', 'cli', 'main.js'), '--version'],
          folder(),
        ).trim(),
      ).toMatch(/^\d+\.\d+\.\d+$/)
    } finally {
      await simulator.close()
    }
  }, 120_000)

  it('runs on a worker of the project’s own, with the project’s workflows and its own in one bundle', async () => {
    const simulator = await startSimulator({
      script: { alpha: [{ answer: '{"n":2}' }, { fault: 'invalid_request' }] },
    })
    try {
      write('workflows.js', OWN_WORKFLOWS)
      write('worker.cjs', OWN_WORKER)
      const env = { TEMPORAL_ADDRESS: testServer().address, SIMULATOR: simulator.url }
      expect(await output('worker.cjs', env)).toBe('{"n":2}\ninvalid_request\n')
    } finally {
      await simulator.close()
    }
  }, 120_000)

  const output = async (file: string, env: { [name: string]: string }): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [file], {
      cwd: folder(),
      env: { ...process.env, ...env },
    })
    return stdout
  }

  it.each([
    ['CommonJS and from ESM', ['consumer.cts', 'consumer.mts'], 'node16', 'node16'],
    ['a bundler', ['bundled.ts'], 'bundler', 'es2022'],
  ])(
    'has types that resolve from %s',
    (_name, files, resolution, module) => {
      for (const file of files) write(file, CONSUMER)
      const tsc = path.join(TOP, 'node_modules', 'typescript', 'bin', 'tsc')
      const kind = ['--target', 'es2022', '--moduleResolution', resolution, '--module', module]
      const types = ['--typeRoots', path.join(TOP, 'node_modules', '@types'), '--types', 'node']
      const { status, stdout } = spawnSync(
        process.execPath,
        [tsc, '--noEmit', '--strict', '--skipLibCheck', ...kind, ...types, ...files],
        { cwd: folder(), encoding: 'utf8' },
      )
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    },
    60_000,
  )
}
