/** What is asked of a generation by its id. */
import { HoldfastError } from '../client'
import { HttpProblem } from './problems'

/** A generation that does not exist, or is another tenant's, is a 404. */
export async function known<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const unknown = error instanceof HoldfastError && error.kind === 'not_found'
    throw unknown ? new HttpProblem(404, 'generation_not_found', error.message) : error
  }
}
