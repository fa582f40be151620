// Compiles JSON Schemas and holds values against them. A schema is its caller's: in a thread of its own it holds up nobody
// (threads.ts); what is small and has no pattern is done where it is needed (index.ts).
const { createHash } = require('node:crypto')
const { isMainThread, parentPort } = require('node:worker_threads')
const { default: Ajv } = require('ajv')
const { default: Ajv2020 } = require('ajv/dist/2020')
const { LRUCache } = require('lru-cache')

/** Compiling costs milliseconds, checking microseconds; routes use the same few. */
const COMPILED_AT_MOST = 200

/** Enough to see what is wrong. */
const FAULTS_AT_MOST = 5

/** What many generators of schemas still write. A schema that names no dialect is taken as 2020-12. */
const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/

const compiled = new LRUCache({ max: COMPILED_AT_MOST })

function validatorOf(schema) {
  const key = createHash('sha256').update(JSON.stringify(schema)).digest('base64')
  const known = compiled.get(key)
  if (known !== undefined) return known
  // An instance each: two schemas may bear the same `$id`. `format` is a note in JSON Schema, not a rule.
  const Dialect = DRAFT_07.test(String(schema.$schema)) ? Ajv : Ajv2020
  const validate = new Dialect({ strict: false, validateFormats: false, allErrors: true }).compile(schema)
  compiled.set(key, validate)
  return validate
}

/** Throws where the schema is none. */
function compile(schema) {
  validatorOf(schema)
}

/** Paths and rules, never values: a failure's message is logged. null: the value satisfies the schema. */
function faultsOf(schema, value) {
  const validate = validatorOf(schema)
  if (validate(value)) return null
  return (validate.errors ?? [])
    .slice(0, FAULTS_AT_MOST)
    .map(({ instancePath, message }) => `${instancePath || 'value'} ${message}`)
    .join('; ')
}

module.exports = { compile, faultsOf }

if (!isMainThread && parentPort !== null)
  parentPort.on('message', ({ schema, value, checks }) => {
    try {
      if (checks) parentPort.postMessage({ ok: true, faults: faultsOf(schema, value) })
      else {
        compile(schema)
        parentPort.postMessage({ ok: true, faults: null })
      }
    } catch (error) {
      parentPort.postMessage({ ok: false, reason: error instanceof Error ? error.message : String(error) })
    }
  })
