import type { Params } from './request'

/** `over` wins field by field; `providerOptions` are merged per provider, so that neither hides the other's. */
export function mergeParams(under: Params, over: Params | undefined): Params {
  const merged: Params = { ...under, ...withoutUndefined(over ?? {}) }
  const names = new Set([
    ...Object.keys(under.providerOptions ?? {}),
    ...Object.keys(over?.providerOptions ?? {}),
  ])
  if (names.size === 0) return merged
  const providerOptions = Object.fromEntries(
    [...names].map((name) => [name, { ...under.providerOptions?.[name], ...over?.providerOptions?.[name] }]),
  )
  return { ...merged, providerOptions }
}

const withoutUndefined = (params: Params): Params =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined))
