/** Failures whose messages and stacks stand in a payload, which the codec then encrypts: `failureConverterPath` leads here. */
import { DefaultFailureConverter } from '@temporalio/common'

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true })
