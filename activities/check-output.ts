/**
 * Does a whole answer keep what the caller asked for? Its JSON against the output schema, each tool call's
 * arguments against that tool's. A broken one is `schema_mismatch`: asked once more, then the next candidate.
 */
import { createHash } from 'node:crypto'
import vm from 'node:vm'
import Ajv, { type ValidateFunction } from 'ajv'
import Ajv2020 from 'ajv/dist/2020'
import { LRUCache } from 'lru-cache'
import type { Answer } from '../src/domain/answer'
import type { JsonObject, JsonValue } from '../src/domain/json'
import { failed, type Outcome, success } from '../src/domain/outcome'
import type { GenerationRequest } from '../src/domain/request'

type Asked = Pick<GenerationRequest, 'output' | 'tools'>
type Check = (answer: Answer) => Outcome<Answer>

/** Compiling a schema costs milliseconds, checking with it microseconds; routes ask for the same few. */
const COMPILED_AT_MOST = 200

/** Enough to see what is wrong. */
const FAULTS_TOLD = 5

/** Far more than any honest schema takes with the longest answer. */
const CHECK_LIMIT_MS = 1_000

/** Made before the call, so that a schema that is none is told before anything is sent. */
export function outputCheck({ output, tools = [] }: Asked): Outcome<Check> {
  try {
    const [ofOutput, ofTools] = inTime(
      () =>
        [
          output === undefined ? null : validatorOf(output.schema),
          new Map(tools.map(({ name, parameters }) => [name, validatorOf(parameters)])),
        ] as const,
    )
    return success((answer) => checkInTime(answer, ofOutput, ofTools))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return failed({
      class: 'invalid_request',
      message: `a schema of the request is not valid JSON Schema: ${reason}`,
      proved: true,
    })
  }
}

function checkInTime(...given: Parameters<typeof check>): Outcome<Answer> {
  try {
    return inTime(() => check(...given))
  } catch {
    return mismatch(`it could not be checked against the schema within ${CHECK_LIMIT_MS} ms`)
  }
}

const sandbox: { work: (() => unknown) | null } = { work: null }
const context = vm.createContext(sandbox)
const runWork = new vm.Script('work()')

/**
 * A schema is its caller's, and a pattern such as `(a+)+$` takes for ever with the right answer: meanwhile this thread
 * would do nothing for anybody else. Throws what `work` throws, or that it took too long.
 */
function inTime<T>(work: () => T): T {
  sandbox.work = work
  try {
    return runWork.runInContext(context, { timeout: CHECK_LIMIT_MS })
  } finally {
    sandbox.work = null
  }
}

function check(
  answer: Answer,
  ofOutput: ValidateFunction | null,
  ofTools: ReadonlyMap<string, ValidateFunction>,
): Outcome<Answer> {
  for (const { name, arguments: given } of answer.toolCalls) {
    const validate = ofTools.get(name)
    if (validate === undefined) return mismatch(`the model called ${name}, which is none of the tools`)
    const faults = faultsOf(validate, given)
    if (faults !== null) return mismatch(`the arguments of ${name}: ${faults}`)
  }
  if (ofOutput === null || answer.toolCalls.length > 0) return success(answer)
  const value = parseJson(answer.text)
  if (value === undefined) return mismatch('the answer is not JSON')
  const faults = faultsOf(ofOutput, value)
  return faults === null ? success({ ...answer, output: value }) : mismatch(faults)
}

const mismatch = (message: string): Outcome<never> => failed({ class: 'schema_mismatch', message })

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(unfenced(text.trim()))
  } catch {
    return undefined
  }
}

const FENCE = '```'
const OPENING = /^```(?:json)?\s*$/

/** Models without a JSON mode like to wrap their JSON in a code fence. */
function unfenced(text: string): string {
  const firstLine = text.slice(0, Math.max(0, text.indexOf('\n')))
  if (!OPENING.test(firstLine) || !text.endsWith(FENCE)) return text
  return text.slice(firstLine.length, -FENCE.length)
}

/** Paths and rules, never values: a failure's message is logged. */
function faultsOf(validate: ValidateFunction, value: JsonValue): string | null {
  if (validate(value)) return null
  const faults = validate.errors ?? []
  return faults
    .slice(0, FAULTS_TOLD)
    .map(({ instancePath, message }) => `${instancePath || 'value'} ${message}`)
    .join('; ')
}

/** What many generators of schemas still write. A schema that names no dialect is taken as 2020-12. */
const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/

const compiled = new LRUCache<string, ValidateFunction>({ max: COMPILED_AT_MOST })

function validatorOf(schema: JsonObject): ValidateFunction {
  const key = createHash('sha256').update(JSON.stringify(schema)).digest('base64')
  const known = compiled.get(key)
  if (known !== undefined) return known
  // An instance each: two schemas may bear the same `$id`. `format` is a note in JSON Schema, not a rule.
  const Dialect = DRAFT_07.test(String(schema.$schema)) ? Ajv : Ajv2020
  const validate = new Dialect({ strict: false, validateFormats: false, allErrors: true }).compile(schema)
  compiled.set(key, validate)
  return validate
}
