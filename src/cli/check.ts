/** `holdfast check`: the config as it is understood, and which keys are there. Names of variables, never values. */
import type { Command } from 'commander'
import type { CacheSettings, Config } from '../config'
import { ConfigError, expandEnv, keyStates, loadConfig, shutdownsOf, unusableProviders } from '../config'
import type { Env } from '../config/env'
import { encryptionSummary, readEncryptionKeys } from '../encryption'
import { payloadStoreOf } from '../stores/payloads'
import type { LiveResult } from '../worker/live-check'
import { type CheckReport, failedReport, renderReport } from './check-report'

interface CheckOptions {
  config?: string
  live?: boolean
  json?: boolean
}

export function registerCheck(program: Command): void {
  program
    .command('check')
    .description('check the config and the keys it needs')
    .option('--config <file>', 'config file (default: holdfast.yaml, else the built-in defaults)')
    .option('--live', 'also ask each target for one token with its real key, which costs that token')
    .option('--json', 'print the report as JSON')
    .action(async (options: CheckOptions) => {
      const report = await check(options.config, process.env, { live: options.live })
      if (report.errors !== undefined)
        process.stderr.write(`${report.errors.map((error) => error.text).join('\n')}\n`)
      if (options.json === true) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
      else if (report.errors === undefined) process.stdout.write(renderReport(report))
      if (!report.ok) process.exitCode = 1
    })
}

/** Providers take seconds: what is done is said as it comes, where somebody looks on. */
async function callAll(config: Config, env: Env): Promise<LiveResult[]> {
  const { checkLive } = await import('../worker/live-check')
  return checkLive(config, env, ({ target, outcome }) => {
    if (process.stderr.isTTY) process.stderr.write(`${target}: ${outcome}\n`)
  })
}

const isFine = (results: readonly LiveResult[]): boolean =>
  results.every(({ outcome }) => outcome !== 'failed') &&
  (results.length === 0 || results.some(({ outcome }) => outcome === 'answered'))

/** Without these the cache stays empty; requests go on. */
function missingFor(cache: CacheSettings, env: Env): string[] {
  const url = expandEnv(cache.store === 'redis' ? cache.url : '', env)
  return url.ok ? [] : url.missing
}

/** Nothing is written: `holdfast doctor` does that. */
function payloadsReport(config: Config, env: Env): CheckReport['payloads'] {
  if (config.payloads === null) return null
  try {
    payloadStoreOf(config, env)
    return { ...config.payloads, problem: null }
  } catch (error) {
    return { ...config.payloads, problem: error instanceof Error ? error.message : String(error) }
  }
}

interface CheckHow {
  /** Epoch milliseconds. Default: now. */
  now?: number
  /** Call the providers. Default: false. */
  live?: boolean | undefined
}

/**
 * Missing keys are warnings (`unusable`). Not `ok` is a config that can't be read or breaks a rule, and, where the providers
 * are called, one that failed, or of which none could be called.
 */
export async function check(
  file: string | undefined,
  env: Env,
  { now = Date.now(), live = false }: CheckHow = {},
): Promise<CheckReport> {
  try {
    const config = await loadConfig({ file, env })
    const results = live ? await callAll(config, env) : null
    return {
      ok: results === null || isFine(results),
      ...(results === null ? {} : { live: results }),
      file: config.file,
      providers: config.providers,
      routes: config.routes,
      keys: keyStates(config, env),
      unusable: unusableProviders(config, env),
      shutdowns: shutdownsOf(config, now),
      encryption: encryptionSummary(readEncryptionKeys(env)),
      cache: { ...config.cache, missing: missingFor(config.cache, env) },
      payloads: payloadsReport(config, env),
    }
  } catch (error) {
    if (error instanceof ConfigError) return failedReport(error)
    throw error
  }
}
