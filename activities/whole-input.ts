/**
 * The request of a call, whole: that of a large one stands in the payload store.
 *
 * WHOLE-INPUT-1 A store that does not answer is waited for, in the queue, till the deadline: another worker may reach it, and
 *    no other candidate could be called without it.
 * WHOLE-INPUT-2 What can't be had at all ends the call with the reason in words: it would be missing at every retry.
 */
import type { CallProviderInput } from '../src/contract/generation'
import { PAYLOADS_CODE } from '../src/domain/failures/failure'
import { failed, type Outcome, success } from '../src/domain/failures/outcome'
import { payloadFaultOf } from '../src/stores/payloads'
import type { ActivityDeps } from './deps'

const PASSING = 'the request could not be read for now'
const LOST = {
  missing: 'the request is gone from the payload store',
  damaged: 'the request is damaged in the payload store',
  refused: 'the request could not be read',
}

export async function wholeInput(
  { wholeRequest }: Pick<ActivityDeps, 'wholeRequest'>,
  input: CallProviderInput,
): Promise<Outcome<CallProviderInput>> {
  const { request } = input
  if (request.stored === undefined) return success(input)
  try {
    return success({ ...input, request: await wholeRequest(request) })
  } catch (error) {
    const fault = payloadFaultOf(error)
    const said = error instanceof Error ? error.message : String(error)
    // WHOLE-INPUT-1
    if (fault === 'unavailable')
      return failed({ class: 'not_admitted', code: PAYLOADS_CODE, message: `${PASSING}: ${said}` })
    // WHOLE-INPUT-2
    const what = fault === null ? LOST.refused : LOST[fault]
    return failed({ class: 'internal_error', message: `${what}: ${said}` })
  }
}
