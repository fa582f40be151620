import type { ModelFacts } from '../../domain/routing/route'

/** US dollars per million tokens; null: what is cached costs the same, or no source says what. */
export const price = (
  inputPerMillion: number,
  cachedInputPerMillion: number | null,
  outputPerMillion: number,
): ModelFacts => ({
  inputPerMillion,
  ...(cachedInputPerMillion === null ? {} : { cachedInputPerMillion }),
  outputPerMillion,
})

/** The same facts under each of a model's names: an alias, and the snapshot that it stands for. */
export const named = <T>(provider: string, models: { [names: string]: T }): { [target: string]: T } =>
  Object.fromEntries(
    Object.entries(models).flatMap(([names, facts]) =>
      names.split(' ').map((name) => [`${provider}/${name}`, facts] as const),
    ),
  )
