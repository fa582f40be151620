/** A parsed file, of whatever syntax -> the config, or everything that is wrong with it. */
import {
  BUILT_IN_PROVIDERS,
  BUILT_IN_ROUTES,
  DEFAULT_DATA_FOLDER,
  DEFAULT_TELEMETRY,
  DEFAULT_WHEN_TEMPORAL_DOWN,
} from './defaults'
import { merge } from './merge'
import { issueMessage, toProblems } from './messages'
import { MODEL_FACTS } from './model-facts'
import { resolvePayloads } from './payload-settings'
import type { Problem } from './problems'
import {
  makeRoute,
  resolveDelivery,
  resolveNexus,
  resolvePolicy,
  resolveProvider,
  resolveStore,
  resolveTenant,
  splitModels,
} from './resolve'
import { checkRules } from './rules'
import { type FileConfig, type FileModel, fileSchema } from './schema'
import type { Config } from './types'

export type Built = { ok: true; config: Config } | { ok: false; problems: Problem[] }

/**
 * @param value the file's content; null or undefined for an empty one.
 * @param file its name, null for the built-in defaults.
 * @param dataFolder where the host keeps its state.
 */
export function buildConfig(
  value: unknown,
  file: string | null,
  dataFolder: string = DEFAULT_DATA_FOLDER,
): Built {
  const parsed = fileSchema.safeParse(value ?? {}, { error: issueMessage })
  if (!parsed.success) return { ok: false, problems: toProblems(parsed.error.issues) }
  const whole = withBuiltIns(parsed.data)
  const problems = checkRules(whole, Object.keys(BUILT_IN_PROVIDERS))
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, config: resolveFile(whole, file, dataFolder) }
}

/** The built-in route names built-in providers, so it stands only where those do. */
function withBuiltIns(file: FileConfig): FileConfig {
  if (file.providers !== undefined) return file
  return { ...file, providers: BUILT_IN_PROVIDERS, routes: file.routes ?? BUILT_IN_ROUTES }
}

function resolveFile(whole: FileConfig, file: string | null, dataFolder: string): Config {
  const { facts: models, settingsOf } = splitModels(
    merge<{ [target: string]: FileModel }>(MODEL_FACTS, whole.models),
  )
  const base = whole.defaults ?? {}
  const mapValues = <T, R>(record: { [name: string]: T } | undefined, map: (name: string, value: T) => R) =>
    Object.fromEntries(Object.entries(record ?? {}).map(([name, value]) => [name, map(name, value)]))
  return {
    file,
    providers: mapValues(whole.providers, (name, one) => resolveProvider(name, one, settingsOf(name))),
    routes: mapValues(whole.routes, (name, route) => makeRoute(name, merge(base, route), models)),
    cache: resolveStore(whole.cache, dataFolder),
    delivery: resolveDelivery(whole.delivery),
    payloads: resolvePayloads(whole.payloads, dataFolder),
    whenTemporalDown: whole.whenTemporalDown ?? DEFAULT_WHEN_TEMPORAL_DOWN,
    metadata: { searchable: whole.metadata?.searchable ?? [], logged: whole.metadata?.logged ?? [] },
    telemetry: {
      captureContent: whole.telemetry?.captureContent ?? DEFAULT_TELEMETRY.captureContent,
      propagateToProviders: whole.telemetry?.propagateToProviders ?? DEFAULT_TELEMETRY.propagateToProviders,
    },
    nexus: resolveNexus(whole.nexus),
    tenants: mapValues(whole.tenants, (_name, one) => resolveTenant(one)),
    policy: resolvePolicy(base),
    models,
  }
}
