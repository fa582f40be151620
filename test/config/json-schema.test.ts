import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configJsonSchema } from '../../src/config/json-schema'

const FILE = join(__dirname, '..', '..', 'holdfast.schema.json')
const schema = configJsonSchema()

describe('holdfast.schema.json', () => {
  it('is what the schema in src/config says (UPDATE=1 writes it anew)', () => {
    if (process.env.UPDATE === '1') writeFileSync(FILE, `${JSON.stringify(schema, null, 2)}\n`)
    expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(schema)
  })

  it('refuses unknown fields in every block of named fields', () => {
    const open = objectsIn(schema).filter(
      ({ node }) => node.properties !== undefined && node.additionalProperties !== false,
    )
    expect(open.map(({ path }) => path)).toEqual([])
    expect(objectsIn(schema).filter(({ node }) => node.properties !== undefined).length).toBeGreaterThan(15)
  })

  it('requires only what has no default', () => {
    const required = objectsIn(schema).flatMap(({ node }) =>
      Array.isArray(node.required) ? node.required : [],
    )
    expect([...new Set(required)].sort()).toEqual([
      'accessKeyId',
      'after',
      'api',
      'baseUrl',
      'budgets',
      'buffer',
      'endpoints',
      'hedge',
      'secretAccessKey',
      'target',
      'window',
    ])
  })

  it('describes durations as text, so that an editor flags a bare number', () => {
    const deadline = at(schema, 'properties', 'routes', 'additionalProperties', 'properties', 'deadline')
    expect(deadline).toMatchObject({ type: 'string', pattern: expect.stringContaining('ms|s|m|h|d') })
  })
})

type Node = { [key: string]: unknown }
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

function objectsIn(value: unknown, path = ''): { path: string; node: Node }[] {
  if (!isNode(value)) return []
  const inner = Object.entries(value).flatMap(([key, child]) => objectsIn(child, `${path}/${key}`))
  return value.type === 'object' ? [{ path, node: value }, ...inner] : inner
}

const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce((node, key) => (isNode(node) ? node[key] : undefined), value)
