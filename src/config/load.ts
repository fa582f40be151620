/** Finds, reads and checks the config. The one place where config problems become an exception. */
import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { buildConfig } from './build'
import { DEFAULT_FILE } from './defaults'
import type { Env } from './env'
import { ConfigError, type Path, type Position } from './problems'
import { importScript, isScript } from './script-source'
import { problemsError } from './strict-file'
import type { Config } from './types'
import { parseYaml } from './yaml-source'

export interface LoadOptions {
  /** Named by the user, so it must be there: `.yaml`, `.yml`, `.json`, or a script (`.ts`, `.js`, `.mjs`, `.cjs`). */
  file?: string | undefined
  /** `HOLDFAST_CONFIG` names the file where `file` doesn't. Default `process.env`. */
  env?: Env | undefined
  /** Where relative names start. Default: the working directory. */
  cwd?: string | undefined
  /** Where the host keeps its state, the cache too unless the file says where. Default: `.holdfast`. */
  dataFolder?: string | undefined
}

/**
 * `file`, else `HOLDFAST_CONFIG`, else `holdfast.yaml` in `cwd`, else the built-in defaults.
 * @throws ConfigError with every problem of the file.
 */
export async function loadConfig(options: LoadOptions = {}): Promise<Config> {
  const { cwd = process.cwd(), dataFolder } = options
  const named = options.file ?? (options.env ?? process.env).HOLDFAST_CONFIG
  const file = named === undefined || named === '' ? DEFAULT_FILE : named
  const path = resolve(cwd, file)
  if (isScript(file)) return loadScript(path, file, dataFolder)
  const text = await readText(path, file)
  if (text !== null) return parseConfig(text, file, dataFolder)
  if (file !== DEFAULT_FILE || named !== undefined) throw fileError(file, `no such file (looked at ${path})`)
  return finish(buildConfig({}, null, dataFolder), basename(file), () => null)
}

/**
 * @param text YAML or JSON.
 * @param file its name, for error texts and `Config.file`.
 * @param dataFolder as in LoadOptions.
 * @throws ConfigError with every problem.
 */
export function parseConfig(text: string, file = DEFAULT_FILE, dataFolder?: string): Config {
  const source = parseYaml(text)
  if (!source.ok) throw new ConfigError(file, source.problems)
  return finish(buildConfig(source.value, file, dataFolder), file, source.locate)
}

async function loadScript(path: string, file: string, dataFolder: string | undefined): Promise<Config> {
  if ((await readText(path, file)) === null) throw fileError(file, `no such file (looked at ${path})`)
  const script = await importScript(path)
  if (!script.ok) throw fileError(file, script.message)
  return finish(buildConfig(script.value, file, dataFolder), file, () => null)
}

/** null: there is no such file. */
async function readText(path: string, file: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    // Not instanceof: the error may come from another realm, as it does in a test runner.
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null
    if (code === 'ENOENT') return null
    throw fileError(file, `could not be read (${String(code)})`)
  }
}

const fileError = (file: string, message: string): ConfigError =>
  new ConfigError(file, [{ path: '', message, position: null }])

function finish(
  built: ReturnType<typeof buildConfig>,
  file: string,
  locate: (path: Path) => Position | null,
): Config {
  if (built.ok) return built.config
  throw problemsError(file, built.problems, locate)
}

/** A loaded config as it is; a path, or nothing, by `loadConfig`. */
export async function givenConfig(given: string | Config | undefined, env: Env): Promise<Config> {
  if (typeof given === 'object') return given
  return loadConfig({ env, ...(given === undefined ? {} : { file: given }) })
}
