/**
 * A project's own config, with the simulator in the place of its providers. Routes, retries, timeouts and circuits stay as
 * they are; nothing of it reaches out to anybody else.
 */
import { type Config, type ConfigInput, type Env, givenConfig, keyStates, parseConfig } from '../config'

const CACHE_BYTES = 64 * 1024 * 1024

/** A file's path, a loaded config, or one as `defineConfig` takes it. Throws ConfigError. */
export type ConfigSource = string | Config | ConfigInput

export function readConfig(source: ConfigSource | undefined, env: Env): Promise<Config> {
  const isWritten = typeof source === 'object' && !('policy' in source)
  return isWritten
    ? Promise.resolve(parseConfig(JSON.stringify(source), 'config'))
    : givenConfig(source as string | Config | undefined, env)
}

/** @param baseUrl of a simulated provider */
export function simulatedConfig(config: Config, baseUrl: (provider: string) => string): Config {
  const providers = Object.entries(config.providers).map(
    ([name, provider]) => [name, { ...provider, baseUrl: baseUrl(name) }] as const,
  )
  return {
    ...config,
    providers: Object.fromEntries(providers),
    cache: { store: 'memory', maxBytes: CACHE_BYTES },
    delivery: { store: 'memory' },
  }
}

/** With a value for each variable that the config names: the simulator takes any key. */
export const simulatedEnv = (config: Config, env: Env): Env => ({
  ...Object.fromEntries(keyStates(config, {}).map(({ variable }) => [variable, `simulated-${variable}`])),
  ...env,
  // A worker of a test need not wait till its build is the current one.
  HOLDFAST_VERSIONING: 'off',
})
