/** What the scripts of a contributor take, and what they say where they are used wrongly, before they do anything. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'

const TOP = path.resolve(__dirname, '..', '..')

function run(args: string[], env: { [name: string]: string } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: TOP,
    env: { PATH: '', ...env },
    encoding: 'utf8',
  })
  return { status, stdout: stdout.trim(), stderr: stderr.trim() }
}

const CHROMIUM = "import { findChromium } from './scripts/lib/browser.mjs'; console.log(findChromium())"

it('the browser of the screenshots is the one that CHROMIUM names, else one on the PATH', () => {
  const found = (env: { [name: string]: string }) => run(['--input-type=module', '-e', CHROMIUM], env)
  expect(found({ CHROMIUM: '/opt/browser' })).toMatchObject({ status: 0, stdout: '/opt/browser' })
  const { status, stderr } = found({})
  expect(status).toBe(1)
  expect(stderr).toContain('no browser: set CHROMIUM, or put one of these on the PATH: chromium')
})

it('npm run test:long takes a pattern, and runs the long tests of that name alone', () => {
  const list = `import { jestArguments } from './scripts/lib/jest-arguments.mjs'
    import { spawnSync } from 'node:child_process'
    const args = jestArguments(['--long', 'hang-ups', '--listTests'])
    spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...args], { stdio: 'inherit' })`
  const { stdout } = run(['--input-type=module', '-e', list])
  expect(stdout).toBe(path.join(TOP, 'test/long/hang-ups.test.ts'))
})

it('npm run test:nodes begins with the oldest Node that package.json allows', () => {
  const list = "import { NODES } from './scripts/lib/nodes.mjs'; console.log(NODES.join(' '))"
  const versions = run(['--input-type=module', '-e', list]).stdout.split(' ')
  const { engines } = JSON.parse(readFileSync(path.join(TOP, 'package.json'), 'utf8'))
  expect(engines.node).toBe(`>=${versions[0]}`)
  expect(versions.map((version) => version.split('.')[0])).toEqual(['20', '22', '24', '26'])
})

it.each([[[]], [['A/Name']], [['../elsewhere']]])('keep-history refuses the name %p', (args) => {
  const { status, stderr } = run(['scripts/keep-history.mjs', ...args])
  expect(status).toBe(1)
  expect(stderr).toContain('npm run keep-history -- NAME [FILE]')
})
