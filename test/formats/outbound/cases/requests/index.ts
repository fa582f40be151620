/** What clients send, and what of it reaches a provider. */
import { args } from './arguments'
import { bedrock } from './bedrock'
import { choices } from './choices'
import { claude } from './claude'
import { claudeCode } from './claude-code'
import { images, tools } from './content'
import { documents } from './documents'
import { fields } from './fields'
import { gemini } from './gemini'
import { histories } from './histories'
import { ownTools } from './own-tools'
import { pairs } from './pairs'
import { efforts, oddities, parameters } from './params'
import { parts } from './parts'
import { promptCaches } from './prompt-cache'
import { responses } from './responses'
import { thoughts } from './thoughts'
import type { RequestCase } from './types'

export type { RequestCase } from './types'

export const REQUEST_CASES: RequestCase[] = [
  ...histories,
  ...pairs,
  ...args,
  ...choices,
  ...parts,
  ...images,
  ...documents,
  ...tools,
  ...ownTools,
  ...parameters,
  ...fields,
  ...efforts,
  ...claude,
  ...claudeCode,
  ...thoughts,
  ...responses,
  ...promptCaches,
  ...bedrock,
  ...gemini,
  ...oddities,
]
