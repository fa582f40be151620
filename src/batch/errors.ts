/** Why a batch as a whole can't be run, or not any further. What is in the result file stays, and the next run goes on. */
export class BatchError extends Error {
  override readonly name = 'BatchError'
}
