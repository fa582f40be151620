/** How a shadow is named, so that it is found from its generation and back. No name of a route has a `~`. */

/** Behind a generation's id, and behind its route's name. */
export const SHADOW_SUFFIX = '~shadow'

/** Of a shadow's id. */
export const generationIdOf = (shadowId: string): string => shadowId.slice(0, -SHADOW_SUFFIX.length)

export const shadowIdOf = (generationId: string): string => `${generationId}${SHADOW_SUFFIX}`
