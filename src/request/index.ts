/** From a caller's request to a generation's: one way for library, gateway, CLI and users' workflows. */
export { checkEmbedTask, checked, checkRequest, checkTenant, requestSchema } from './check'
export { type GenerateRequest, type Prepared, prepare } from './prepare'
export { type Inferred, parsed, type SchemaInput, type ToolCallOf, type ToolInput } from './schemas'
