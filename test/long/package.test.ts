/** The package as others install it: packed, into a foreign project that has its own Temporal SDK and zod. */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { installedProject, packageFacts, run } from '../helpers/package'

describe('the packed package, installed into a foreign project', () => {
  let folder: string
  beforeAll(() => {
    folder = installedProject()
  }, 240_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('leaves one copy of the Temporal SDK and one of zod', () => {
    const copies = (name: string): string[] =>
      run('find', ['node_modules', '-type', 'd', '-path', `*node_modules/${name}`], folder)
        .trim()
        .split('\n')
    for (const name of ['@temporalio/client', '@temporalio/common', '@temporalio/proto', 'zod'])
      expect(copies(name)).toEqual([path.join('node_modules', name)])
  })

  it('puts its command where npx finds it', () => {
    expect(run('npx', ['--no-install', 'holdfast', '--version'], folder).trim()).toMatch(/^\d+\.\d+\.\d+$/)
  })

  packageFacts(() => folder)
})
