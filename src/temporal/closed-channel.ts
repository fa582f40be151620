/**
 * Temporal's client retries calls by itself, after a pause. Where its connection was closed meanwhile, gRPC throws, in
 * a timer that nobody catches: it would end the process. Below the retries, such a call ends like any other.
 */
import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client'

type Interceptor = ReturnType<typeof makeGrpcRetryInterceptor>
type Call = ReturnType<Interceptor>

/** gRPC's code for a call that its own side has ended. */
const CANCELLED = 1

const endedCall = (): Pick<Call, keyof Call> => ({
  start(metadata, listener) {
    listener?.onReceiveStatus?.({ code: CANCELLED, details: 'the connection is closed', metadata })
  },
  cancelWithStatus: () => undefined,
  getPeer: () => '',
  sendMessage: () => undefined,
  sendMessageWithContext: () => undefined,
  startRead: () => undefined,
  halfClose: () => undefined,
  getAuthContext: () => null,
})

const endsWhenClosed: Interceptor = (options, nextCall) => {
  try {
    return nextCall(options) as Call
  } catch {
    return endedCall() as Call
  }
}

export const interceptors: Interceptor[] = [
  makeGrpcRetryInterceptor(defaultGrpcRetryOptions()),
  endsWhenClosed,
]
