/** `holdfast check`: the config as it is understood, and which keys are there. Names of variables, never values. */
import type { Command } from 'commander'
import type { CacheSettings } from '../config'
import { ConfigError, expandEnv, keyStates, loadConfig, shutdownsOf, unusableProviders } from '../config'
import type { Env } from '../config/env'
import { type CheckReport, failedReport, renderReport } from './check-report'

interface CheckOptions {
  config?: string
  json?: boolean
}

export function registerCheck(program: Command): void {
  program
    .command('check')
    .description('check the config and the keys it needs')
    .option('--config <file>', 'config file (default: holdfast.yaml, else the built-in defaults)')
    .option('--json', 'print the report as JSON')
    .action(async (options: CheckOptions) => {
      const report = await check(options.config, process.env)
      if (report.errors !== undefined)
        process.stderr.write(`${report.errors.map((error) => error.text).join('\n')}\n`)
      if (options.json === true) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
      else if (report.ok) process.stdout.write(renderReport(report))
      if (!report.ok) process.exitCode = 1
    })
}

/** Without these the cache stays empty; requests go on. */
function missingFor(cache: CacheSettings, env: Env): string[] {
  const url = expandEnv(cache.store === 'redis' ? cache.url : '', env)
  return url.ok ? [] : url.missing
}

/** Missing keys are warnings (`unusable`); only a config that can't be read or breaks a rule is not `ok`. */
export async function check(
  file: string | undefined,
  env: Env,
  now: number = Date.now(),
): Promise<CheckReport> {
  try {
    const config = await loadConfig({ file, env })
    return {
      ok: true,
      file: config.file,
      providers: config.providers,
      routes: config.routes,
      keys: keyStates(config, env),
      unusable: unusableProviders(config, env),
      shutdowns: shutdownsOf(config, now),
      cache: { ...config.cache, missing: missingFor(config.cache, env) },
    }
  } catch (error) {
    if (error instanceof ConfigError) return failedReport(error)
    throw error
  }
}
