/** What clients send, and what of it reaches a provider. */
import { args } from './arguments'
import { claude } from './claude'
import { images, tools } from './content'
import { histories } from './histories'
import { pairs } from './pairs'
import { efforts, oddities, parameters } from './params'
import type { RequestCase } from './types'

export type { RequestCase } from './types'

export const REQUEST_CASES: RequestCase[] = [
  ...histories,
  ...pairs,
  ...args,
  ...images,
  ...tools,
  ...parameters,
  ...efforts,
  ...claude,
  ...oddities,
]
