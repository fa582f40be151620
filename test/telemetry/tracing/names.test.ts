/** The table of names (src/telemetry/tracing/names.ts) is the one place where they are written. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ATTRIBUTES, EVENTS } from '../../../src/telemetry/tracing'

const names = [...Object.values(ATTRIBUTES), ...Object.values(EVENTS)]

it('no name stands for two things, and each is a dotted word in lower case', () => {
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[a-z_]+(\.[a-z_]+)+$/)
})

it('what is no name of a convention is of holdfast', () => {
  const foreign = names.filter((name) => !/^(gen_ai|error|http|url|server|holdfast)\./.test(name))
  expect(foreign).toEqual([])
})

it('no other source writes one', () => {
  const top = path.resolve(__dirname, '..', '..', '..')
  const files = ['src', 'activities', 'workflows'].flatMap((room) =>
    readdirSync(path.join(top, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith(path.join('tracing', 'names.ts')))
      .map((file) => path.join(top, room, file)),
  )
  const written = files.flatMap((file) => {
    const text = readFileSync(file, 'utf8').replace(/\/\*\*[\s\S]*?\*\//g, '')
    return names.filter((name) => text.includes(`'${name}'`)).map((name) => `${file}: ${name}`)
  })
  expect(files.length).toBeGreaterThan(300)
  expect(written).toEqual([])
})
