/** The name of a build. */
import { readFileSync } from 'node:fs'
import { workflowBundle } from '../../../src/temporal/workflow-bundle'
import { bareCode, buildIdOf, withSourceMap } from '../../../src/worker/builds/build-id'

const MAP = '//# sourceMappingURL=data:application/json;charset=utf-8;base64,e30='

it('the name is of the code alone: neither the source map nor the end of the file changes it', () => {
  const names = ['run()', `run()\n${MAP}`, `run()\n${MAP}\n`, withSourceMap('run()')].map(buildIdOf)
  expect(new Set(names).size).toBe(1)
  expect(names[0]).toMatch(/^[0-9a-f]{12}$/)
})

it('other code has another name', () => {
  expect(buildIdOf('run()')).not.toBe(buildIdOf('run( )'))
})

it("the real bundle's code is without its source map, and as long as all of the rest", async () => {
  const { codePath } = await workflowBundle()
  const bundle = readFileSync(codePath, 'utf8')
  const code = bareCode(bundle)
  expect(code).not.toContain('sourceMappingURL=data:')
  expect(bundle.startsWith(code)).toBe(true)
  expect(code.length).toBeGreaterThan(100_000)
})
