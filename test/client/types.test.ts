/** What the package's main entry offers, name by name: a new name is a promise to users, and so is made on purpose. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync } from '@swc/core'
import * as entry from '../../src'

const CLIENT = path.resolve(__dirname, '..', '..', 'src', 'client', 'index.ts')

/** Types too: they leave nothing at run time. */
function exportedNames(file: string): string[] {
  const { body } = parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript' })
  return body
    .flatMap((item): string[] => {
      if (item.type === 'ExportDeclaration' && item.declaration.type === 'FunctionDeclaration')
        return [item.declaration.identifier.value]
      if (item.type !== 'ExportNamedDeclaration') return []
      return item.specifiers.map((one) =>
        one.type === 'ExportSpecifier' ? (one.exported ?? one.orig).value : one.type,
      )
    })
    .sort()
}

it('the package exports these names, and no others', () => {
  expect(exportedNames(CLIENT)).toEqual([
    'Accepted',
    'Answer',
    'AttachOptions',
    'AttemptRecord',
    'ConfigError',
    'ConfigInput',
    'EmbedRequest',
    'Embeddings',
    'ErrorKind',
    'EventOptions',
    'FAILURE_CLASSES',
    'Failure',
    'FailureClass',
    'FinishReason',
    'ForgetOptions',
    'Forgotten',
    'GenerateRequest',
    'Generation',
    'GenerationEvent',
    'GenerationResult',
    'GenerationStatus',
    'Holdfast',
    'HoldfastError',
    'HoldfastOptions',
    'JsonObject',
    'JsonValue',
    'Message',
    'Metadata',
    'OpaqueBlock',
    'Override',
    'Params',
    'SchemaInput',
    'Served',
    'StreamRequest',
    'ToolCall',
    'ToolChoice',
    'ToolInput',
    'TypedSchema',
    'Usage',
    'createHoldfast',
    'defineConfig',
    'jsonSchema',
  ])
})

it('of these the ones that exist at run time are there', () => {
  expect(Object.keys(entry).sort()).toEqual([
    'ConfigError',
    'FAILURE_CLASSES',
    'HoldfastError',
    'createHoldfast',
    'defineConfig',
    'jsonSchema',
  ])
})
