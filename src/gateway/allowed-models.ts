/**
 * The routes and targets that a key may name.
 *
 * ALLOWED-MODELS-1 What a request names itself is checked: its route, and the candidates that it chooses of it. What a route that
 *    it may name calls is the operator's business.
 * ALLOWED-MODELS-2 What is not allowed can't be distinguished from what is not there, as at OpenAI.
 */
import type { InternalHoldfast } from '../client/internal'
import { type Config, resolveRoute } from '../config'
import { HoldfastError } from '../contract/errors'
import { type Grant, mayName } from './keys'

type Limit = Pick<Grant, 'models'>

/** Throws HoldfastError. */
export function requireModel(limit: Limit, config: Config, name: string): void {
  if (limit.models === null) return
  // ALLOWED-MODELS-2: an error that says which names were meant would say what others there are.
  if (mayName(limit, name) && resolveRoute(config, name).ok) return
  throw new HoldfastError({
    kind: 'invalid_request',
    message: `The model "${name}" does not exist, or this key may not use it: GET /v1/models says what it may`,
    accepted: false,
    failureClass: 'model_not_found',
  })
}

interface Named {
  route?: string | undefined
  override?: unknown
}

/** A client whose requests are checked before anything is sent. */
export function limitedTo(limit: Limit, config: Config, client: InternalHoldfast): InternalHoldfast {
  if (limit.models === null) return client
  const checked =
    <Request extends Named, Rest extends unknown[], Result>(
      send: (request: Request, ...rest: Rest) => Promise<Result>,
    ) =>
    async (request: Request, ...rest: Rest): Promise<Result> => {
      for (const name of namesIn(request)) requireModel(limit, config, name)
      return send(request, ...rest)
    }
  const unchecked = () => {
    throw new Error('The gateway starts generations by open, start, embedParts and countTokens alone')
  }
  return {
    ...client,
    open: checked(client.open),
    start: checked(client.start) as InternalHoldfast['start'],
    embedParts: checked(client.embedParts),
    countTokens: checked(client.countTokens),
    generate: unchecked,
    stream: unchecked,
    embed: unchecked,
  }
}

/** ALLOWED-MODELS-1. What is of another shape is refused where it is read. */
function namesIn({ route = 'default', override }: Named): string[] {
  const candidates: unknown =
    typeof override === 'object' && override !== null && 'candidates' in override ? override.candidates : []
  const chosen: unknown[] = Array.isArray(candidates) ? candidates : []
  return [route, ...chosen.filter((name): name is string => typeof name === 'string')]
}
