/** The JSON Schema of the config file, for editors. `holdfast.schema.json` holds it; a test keeps that in step. */
import { z } from 'zod'
import type { JsonObject } from '../domain/request/json'
import { fileSchema } from './schema'

/** Draft 7: the one that every editor's YAML and JSON support knows. */
export function configJsonSchema(): JsonObject {
  const schema = z.toJSONSchema(fileSchema, { io: 'input', target: 'draft-7' })
  return { ...JSON.parse(JSON.stringify(schema)), title: 'Holdfast config' }
}
