import type { ConfigInput } from './schema'

/** For a config written in TypeScript or JavaScript: `export default defineConfig({ ... })`. It only gives types. */
export const defineConfig = (config: ConfigInput): ConfigInput => config
export type { ConfigInput }
