/** Errors with a status, in our own data, by what each is: how long it asks to be left alone, whether it is proved. */
import type { ErrorCase } from '../types'
import { FALSE_FRIENDS } from './false-friends'
import { GEMINI } from './gemini'
import { KEYS } from './keys'
import { MODELS } from './models'
import { OTHERS } from './others'
import { OUTPUT_LIMITS } from './output-limits'
import { QUOTAS } from './quotas'
import { RATES } from './rates'
import { TOO_LONG } from './too-long'
import { UNSUPPORTED } from './unsupported'

export const ERRORS: readonly ErrorCase[] = [
  ...TOO_LONG,
  ...OUTPUT_LIMITS,
  ...MODELS,
  ...KEYS,
  ...QUOTAS,
  ...RATES,
  ...UNSUPPORTED,
  ...OTHERS,
  ...GEMINI,
  ...FALSE_FRIENDS,
]
