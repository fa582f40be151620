/** What others get: the client's weight, and the packed package in a foreign project. As npm installs it: test/long/package.test.ts. */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { linkedProject, manifest, packageFacts, run, TOP } from '../helpers/package'

const CLIENT = path.join(TOP, 'dist', 'src', 'index.js')

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
      loadedBy(path.join(TOP, 'dist', 'src', 'embedded.js')).some((file) => file.includes('core-bridge')),
    ).toBe(true)
  })

  it('takes less than 300 ms more than an empty Node to import', () => {
    const cpuMs = (code: string): number => {
      const printCpu = ';const { user, system } = process.cpuUsage();console.log((user + system) / 1000)'
      const runs = Array.from({ length: 3 }, () =>
        Number(run(process.execPath, ['-e', code + printCpu], TOP)),
      )
      return Math.min(...runs)
    }
    // Processor time, the least of three: what else this machine does has no part in it.
    const extraMs = cpuMs(`require(${JSON.stringify(CLIENT)})`) - cpuMs('')
    process.stdout.write(`importing the client costs ${Math.round(extraMs)} ms of processor time\n`)
    expect(extraMs).toBeLessThan(300)
  })
})

it('brings no Temporal SDK and no zod of its own: they are the project’s', () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = manifest()
  const shared = (name: string): boolean => name === 'zod' || name.startsWith('@temporalio/')
  expect(Object.keys(dependencies).filter(shared)).toEqual([])
  // For its types alone.
  expect(Object.keys(peerDependencies).filter((name) => !shared(name))).toEqual(['ai'])
  expect(peerDependenciesMeta.ai).toEqual({ optional: true })
})

describe('the packed package, linked into a foreign project', () => {
  let folder: string
  beforeAll(() => {
    folder = linkedProject()
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  packageFacts(() => folder)
})
