/** Config, keys of providers and their models. A key is named by its variable, and never printed. */
import {
  ConfigError,
  formatDuration,
  keyStates,
  shutdownsOf,
  shutdownText,
  unusableProviders,
} from '../config'
import type { Context } from './context'
import { type Check, type CheckFinding, error, ok, skipped, warn } from './types'

/** Each call may take 30 s, and those to one provider follow each other. */
const LIVE_LIMIT_MS = 120_000

async function valid(context: Context): Promise<CheckFinding> {
  try {
    const { file, routes, providers } = await context.config()
    const from = file ?? 'the built-in defaults (there is no holdfast.yaml here)'
    return ok(`${from}: ${Object.keys(routes).length} routes, ${Object.keys(providers).length} providers`)
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    return error(thrown.message.split('\n').join('; '), 'correct these fields, then: holdfast check')
  }
}

async function keys(context: Context): Promise<CheckFinding[]> {
  const config = await context.config()
  const states = keyStates(config, context.env)
  const unusable = unusableProviders(config, context.env)
  const unset = new Map(unusable.map(({ provider, reason }) => [provider, reason]))
  const usable = Object.keys(config.providers).filter((name) => !unset.has(name))
  const set = states.filter((state) => state.set).length
  const variables =
    states.length === 0 ? 'none needs a variable' : `${set} of ${states.length} variables are set here`
  return [
    ...(usable.length > 0
      ? [ok(`${usable.join(', ')} can be called: ${variables}`)]
      : [
          error(
            'no provider can be called from here',
            'set the variables below where workers run, or use the simulator: holdfast up --demo',
          ),
        ]),
    ...[...unset].map(([provider, reason]) =>
      warn(
        `${provider} can't be called from here: it is left out of every plan`,
        `${reason} where workers run, or take ${provider} out of the config`,
      ),
    ),
  ]
}

async function routes(context: Context): Promise<CheckFinding[]> {
  const config = await context.config()
  const unusable = new Set(unusableProviders(config, context.env).map(({ provider }) => provider))
  const left = Object.values(config.routes).map(({ name, candidates }) => ({
    name,
    count: candidates.length,
    usable: candidates.filter(({ provider }) => !unusable.has(provider)).length,
  }))
  const dead = left.filter(({ usable }) => usable === 0)
  const alone = left.filter(({ usable, count }) => usable === 1 && count > 1)
  return [
    ...dead.map(({ name }) =>
      error(
        `route ${name}: none of its candidates can be called from here`,
        `set a key of one of its providers (providers.keys says which variables)`,
      ),
    ),
    ...alone.map(({ name, count }) =>
      warn(
        `route ${name}: 1 of ${count} candidates can be called from here, so there is no fallback`,
        'set the keys of its other providers (providers.keys says which variables)',
      ),
    ),
    ...(dead.length === 0 && alone.length === 0
      ? [ok(`all ${left.length} routes have candidates that can be called`)]
      : []),
  ]
}

async function models(context: Context): Promise<CheckFinding[]> {
  const found = shutdownsOf(await context.config(), context.now())
  if (found.length === 0) return [ok('no model of a route is shut down within 60 days')]
  return found.map((shutdown) => {
    const [what = '', fix = ''] = shutdownText(shutdown).split(': ')
    return shutdown.state === 'over' ? error(what, fix) : warn(what, fix)
  })
}

async function live(context: Context): Promise<CheckFinding[]> {
  if (context.live !== true)
    return [
      skipped(
        'the providers were not called',
        'holdfast doctor --live asks each target for one token, which costs that token',
      ),
    ]
  const { checkLive } = await import('../worker/live-check')
  const results = await checkLive(await context.config(), context.env)
  return results.map(({ target, key, outcome, durationMs, failure, advice }) => {
    const who = key === null ? target : `${target} with ${key}`
    if (failure === null) return ok(`${who}: answered in ${formatDuration(durationMs)}`)
    const { class: failureClass, status, message } = failure
    const what = `${who}: ${[failureClass, status].filter(Boolean).join(' ')}: ${message}`
    if (outcome === 'skipped') return skipped(what, advice)
    return error(what, advice ?? 'it may pass: run it again, and see the status page of the provider')
  })
}

export const PROVIDER_CHECKS: readonly Check[] = [
  { id: 'config.valid', run: valid },
  { id: 'providers.keys', needs: ['config.valid'], run: keys },
  { id: 'providers.routes', needs: ['config.valid'], run: routes },
  { id: 'providers.models', needs: ['config.valid'], run: models },
  { id: 'providers.live', needs: ['config.valid'], limitMs: LIVE_LIMIT_MS, run: live },
]
