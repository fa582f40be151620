/** What the other rooms use of the config. */
export { formatBytes } from './bytes'
export { DEFAULT_DATA_FOLDER } from './defaults'
export { defineConfig } from './define'
export { demoConfig } from './demo'
export { formatDuration, parseDuration } from './duration'
export { type Env, envNamesIn, expandEnv, readEnv } from './env'
export { givenConfig, type LoadOptions, loadConfig, parseConfig } from './load'
export { type RouteLookup, resolveRoute, targetRoute } from './lookup'
export { applyOverride, type Override, type OverrideResult } from './override'
export { diskPayloads } from './payload-settings'
export { ConfigError, type LocatedProblem } from './problems'
export {
  candidateVariables,
  type KeyState,
  keyStates,
  type ProviderKey,
  type ResolvedProvider,
  resolveProvider,
  unusableProviders,
} from './provider-keys'
export type { ConfigInput } from './schema'
export { type Shutdown, shutdownsOf, shutdownText } from './shutdowns'
export type {
  Auth,
  CacheSettings,
  Config,
  DeliverySettings,
  PayloadSettings,
  ProviderConfig,
  RoutePolicy,
} from './types'
