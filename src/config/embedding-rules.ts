/**
 * What a route that makes vectors has to keep to.
 *
 * EMBEDDING-RULES-1 Vectors of two models can't be compared: a fallback to another one would spoil whatever the vectors are
 *    kept in, and nobody would notice. So all candidates of the route are one model, by name or by what the file says.
 */
import type { Path, Problem } from './problems'
import { splitTarget } from './resolve'
import type { FileModel, FileRoute } from './schema'

/** The model's name, by which the same one is known at several targets. */
const modelOf = (target: string, models: { [target: string]: FileModel }): string =>
  (Object.hasOwn(models, target) ? models[target]?.sharesModel : undefined) ?? splitTarget(target).model

/**
 * @param merged the route with what it inherits; of that, what says nothing for vectors is passed over
 * @param models facts by target, the shipped ones too
 */
export function checkEmbeddings(
  { shadow, params }: FileRoute,
  { kind, candidates = [] }: FileRoute,
  models: { [target: string]: FileModel },
  path: Path,
): Problem[] {
  if (kind !== 'embeddings') return []
  const targets = candidates.map((one) => (typeof one === 'string' ? one : one.target))
  const [first = ''] = targets
  const expected = modelOf(first, models)
  const others = targets.flatMap((target, index) => {
    const model = modelOf(target, models)
    return model === expected
      ? []
      : [{ path: [...path, 'candidates', index], message: anotherModel(target, model, first, expected) }]
  })
  const shadowed = shadow ? [{ path: [...path, 'shadow'], message: NO_SHADOW }] : []
  const worded = Object.keys(params ?? {}).filter((name) => name !== 'providerOptions')
  const faults = worded.map((name) => ({ path: [...path, 'params', name], message: NO_WORDS }))
  return [...others, ...shadowed, ...faults]
}

const anotherModel = (target: string, model: string, first: string, expected: string): string =>
  `${target} is another model (${model}) than ${first} (${expected}), and their vectors can't be compared: if it is the ` +
  `same one under another name, write sharesModel: ${expected} for ${target} under models`

const NO_SHADOW = 'vectors are not compared by a shadow'
const NO_WORDS = 'a vector has no words: of params, only providerOptions is sent'
