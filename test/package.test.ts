/** The package as others install it: packed, into a foreign project that has its own Temporal SDK and zod. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startSimulator } from '../src/simulator'
import { testServer } from './helpers/temporal'

const TOP = path.resolve(__dirname, '..')
const CLIENT = path.join(TOP, 'dist', 'src', 'client', 'index.js')

const run = (command: string, args: string[], cwd: string, env: { [name: string]: string } = {}): string =>
  execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })

describe('the client entry', () => {
  /** What is loaded once a client was made. */
  const loadedBy = (entry: string): string[] => {
    const code = `require(${JSON.stringify(entry)}).createHoldfast({ config: { providers: {}, routes: {} }, env: { TEMPORAL_ADDRESS: '127.0.0.1:9' } }).catch(() => undefined).then(() => console.log(JSON.stringify(Object.keys(require.cache))))`
    return JSON.parse(run(process.execPath, ['-e', code], TOP, { HOLDFAST_LOG_LEVEL: 'silent' }))
  }

  it('never loads the native worker, nor undici, nor a web server', () => {
    const loaded = loadedBy(CLIENT)
    expect(loaded.some((file) => file.includes('@temporalio/client'))).toBe(true)
    for (const heavy of ['@temporalio/worker', 'core-bridge', 'undici', 'fastify', 'webpack', '/activities/'])
      expect(loaded.filter((file) => file.includes(heavy))).toEqual([])
    expect(
      loadedBy(path.join(TOP, 'dist', 'src', 'embedded', 'index.js')).some((file) =>
        file.includes('core-bridge'),
      ),
    ).toBe(true)
  })

  it('takes less than 300 ms more than an empty Node to import', () => {
    const cpuMs = (code: string): number => {
      const tell = ';const { user, system } = process.cpuUsage();console.log((user + system) / 1000)'
      const runs = Array.from({ length: 5 }, () => Number(run(process.execPath, ['-e', code + tell], TOP)))
      return Math.min(...runs)
    }
    // Processor time, the least of five: what else this machine does has no part in it.
    const extraMs = cpuMs(`require(${JSON.stringify(CLIENT)})`) - cpuMs('')
    process.stdout.write(`importing the client costs ${Math.round(extraMs)} ms of processor time\n`)
    expect(extraMs).toBeLessThan(300)
  })
})

const CONSUMER = `
import { createHoldfast, HoldfastError, defineConfig } from 'holdfast'
import { z } from 'zod'
const config = defineConfig({
  providers: { alpha: { api: 'openai-chat', baseUrl: process.env.SIMULATOR + '/alpha/v1', auth: 'none' } },
  routes: { default: { candidates: ['alpha/model-a'] } },
})
`

describe('the packed package in a foreign project', () => {
  let folder: string
  const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text)

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-foreign-'))
    const packed = run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], TOP)
      .trim()
      .split('\n')
      .at(-1)
    mkdirSync(path.join(folder, 'node_modules'))
    write(
      'package.json',
      JSON.stringify({
        name: 'foreign',
        private: true,
        dependencies: { '@temporalio/client': '1.24.0', zod: '^4.0.0', holdfast: `file:./${packed}` },
      }),
    )
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], folder)
  }, 240_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('leaves one copy of the Temporal SDK and one of zod', () => {
    const copies = (name: string): string[] =>
      run('find', ['node_modules', '-type', 'd', '-path', `*node_modules/${name}`], folder)
        .trim()
        .split('\n')
    for (const name of ['@temporalio/client', '@temporalio/common', '@temporalio/proto', 'zod'])
      expect(copies(name)).toEqual([`node_modules/${name}`])
  })

  it('holds no test, no source map of ours that points nowhere, and no path of the machine it was built on', () => {
    const files = readdirSync(path.join(folder, 'node_modules', 'holdfast'), { recursive: true }).map(String)
    expect(files.filter((file) => /(^|\/)(test|bench)\//.test(file))).toEqual([])
    expect(files).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'holdfast.schema.json', 'dist/workflow-bundle.js']),
    )
    const naming = spawnSync(
      'grep',
      ['-rl', '--include=*.js', '--include=*.map', TOP, 'node_modules/holdfast'],
      { cwd: folder, encoding: 'utf8' },
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
  await client.close()
  await embedded.close()
}
main()
`
      write(
        'cjs.cjs',
        body(
          `const { createHoldfast, HoldfastError } = require('holdfast'); const { createHoldfast: createEmbedded } = require('holdfast/embedded'); const { z } = require('zod')`,
        ),
      )
      write(
        'esm.mjs',
        body(
          `import { createRequire } from 'node:module'; import { createHoldfast, HoldfastError } from 'holdfast'; import { createHoldfast as createEmbedded } from 'holdfast/embedded'; import { z } from 'zod'; const require = createRequire(import.meta.url)`,
        ),
      )
      // Not execFileSync: the simulator answers from this process.
      for (const file of ['cjs.cjs', 'esm.mjs'])
        expect(await output(file, env)).toBe('{"output":{"n":1},"wrong":true}\n')
      expect(run('npx', ['--no-install', 'holdfast', '--version'], folder).trim()).toMatch(/^\d+\.\d+\.\d+$/)
    } finally {
      await simulator.close()
    }
  }, 120_000)

  const output = async (file: string, env: { [name: string]: string }): Promise<string> => {
    const { execFile } = await import('node:child_process')
    const { promisify } = await import('node:util')
    const { stdout } = await promisify(execFile)(process.execPath, [file], {
      cwd: folder,
      env: { ...process.env, ...env },
    })
    return stdout
  }

  it.each([
    ['CommonJS', 'consumer.cts', 'node16'],
    ['ESM', 'consumer.mts', 'node16'],
    ['a bundler', 'bundled.ts', 'bundler'],
  ])(
    'has types that resolve from %s',
    (_name, file, resolution) => {
      write(
        file,
        `${CONSUMER}
import type { AskedGeneration } from 'holdfast/workflow'
import { createHoldfast as createEmbedded } from 'holdfast/embedded'
export const asked: AskedGeneration = { prompt: 'x' }
export async function use(): Promise<number> {
  const holdfast = process.env.EMBED ? await createEmbedded({}) : await createHoldfast({})
  const { output } = await holdfast.generate({ prompt: 'x', schema: z.object({ n: z.number() }) })
  if (!(output instanceof HoldfastError)) void config
  return output.n
}
`,
      )
      const args = [
        '--noEmit',
        '--strict',
        '--skipLibCheck',
        '--target',
        'es2022',
        '--moduleResolution',
        resolution,
      ]
      const module = resolution === 'bundler' ? 'es2022' : 'node16'
      const tsc = path.join(TOP, 'node_modules', 'typescript', 'bin', 'tsc')
      const types = ['--typeRoots', path.join(TOP, 'node_modules', '@types'), '--types', 'node']
      const { status, stdout } = spawnSync(
        process.execPath,
        [tsc, ...args, '--module', module, ...types, file],
        { cwd: folder, encoding: 'utf8' },
      )
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    },
    60_000,
  )
})
