/** How a shadow is named, so that it is found from its generation and back. No name of a route has a `~`. */

import { SHADOW_SUFFIX } from '../domain/routing/route'

export { SHADOW_SUFFIX }

/** Of a shadow's id. */
export const generationIdOf = (shadowId: string): string => shadowId.slice(0, -SHADOW_SUFFIX.length)

export const shadowIdOf = (generationId: string): string => `${generationId}${SHADOW_SUFFIX}`
