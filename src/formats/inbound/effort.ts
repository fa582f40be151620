/** How much a model is to think, as clients write it. */
import { z } from 'zod'
import { REASONING_EFFORTS } from '../../domain/request/request'

/** Words for the model's own default. */
const DEFAULTS: ReadonlySet<unknown> = new Set(['', 'auto', 'default'])

export const effort = z
  .preprocess(
    (value) => (DEFAULTS.has(value) ? undefined : typeof value === 'string' ? value.toLowerCase() : value),
    z.enum(REASONING_EFFORTS, { error: `write one of ${REASONING_EFFORTS.join(', ')}` }).optional(),
  )
  .optional()
