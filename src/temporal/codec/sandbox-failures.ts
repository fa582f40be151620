/**
 * The failure converter in the workflow bundle that is built ahead. The sandbox knows no environment: whether messages and
 * stacks are encoded is said by a line before the bundle's code, so that one bundle, and one build, serves with and without keys.
 */
import { DefaultFailureConverter, type FailureConverter } from '@temporalio/common'

const FLAG = '__holdfastEncodesFailures'

/** On the first line: the source map's lines stay as they are. */
export const withEncodedFailures = (code: string): string => `globalThis.${FLAG}=true;${code}`

const plain = new DefaultFailureConverter()
const encoded = new DefaultFailureConverter({ encodeCommonAttributes: true })
const used = (): DefaultFailureConverter => (Reflect.get(globalThis, FLAG) === true ? encoded : plain)

export const failureConverter: FailureConverter = {
  errorToFailure: (...given) => used().errorToFailure(...given),
  failureToError: (...given) => plain.failureToError(...given),
}
