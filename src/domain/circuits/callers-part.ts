/**
 * What of a call is its caller's doing, so that its end says nothing of the provider. One caller must not keep the
 * others from a provider that is well, nor send them to one that is not (docs/circuits.md has the table).
 *
 * CALLERS-PART-1 A target that the config does not name, or options that the caller made up: neither failure
 *    nor success counts, and such a call is no probe.
 * CALLERS-PART-2 A timeout under limits that the caller shortened says nothing. Any other end is the
 *    provider's.
 * CALLERS-PART-3 A reset or a timeout of a very large request is that of its size: nobody else sees it.
 */
import type { Failure } from '../failures/failure'
import type { GenerationRequest } from '../request/request'
import type { Candidate } from '../routing/route'

/**
 * Fields of the providers' own APIs that are as ordinary as `temperature`: a wrong value is a 400, a right one is
 * served. What stands here does not make a call its caller's own.
 */
const ORDINARY: ReadonlySet<string> = new Set([
  'frequency_penalty',
  'logit_bias',
  'logprobs',
  'metadata',
  'min_p',
  'parallel_tool_calls',
  'presence_penalty',
  'prompt_cache_key',
  'prompt_cache_retention',
  'repetition_penalty',
  'safety_identifier',
  'store',
  'top_k',
  'top_logprobs',
  'user',
  'verbosity',
])

interface CallerRequest {
  candidate: Pick<Candidate, 'provider' | 'byCaller'>
  request: Pick<GenerationRequest, 'params'>
}

/** CALLERS-PART-1 */
export function isCallersOwn({ candidate, request }: CallerRequest): boolean {
  const { provider, byCaller } = candidate
  const all = request.params?.providerOptions
  const options = all !== undefined && Object.hasOwn(all, provider) ? all[provider] : undefined
  return byCaller?.target === true || Object.keys(options ?? {}).some((name) => !ORDINARY.has(name))
}

/** CALLERS-PART-2, CALLERS-PART-3. `large`: is the request a very large one? Called only where it matters. */
export function isCallersFailure(
  { candidate: { byCaller } }: { candidate: Pick<Candidate, 'byCaller'> },
  { class: failureClass, code }: Failure,
  large: () => boolean,
): boolean {
  if (failureClass === 'timeout') return byCaller?.timeouts !== undefined || large()
  return failureClass === 'connection' && RESETS.has(code ?? '') && large()
}

/** CALLERS-PART-3: as much as many servers take at most by default. */
export const LARGE_REQUEST_BYTES = 1024 * 1024

const RESETS: ReadonlySet<string> = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'UND_ERR_SOCKET'])
