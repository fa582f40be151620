/**
 * From the config's `payloads` to a store, one for all clients and workers of a process that want the same one. What it needs is
 * loaded by its first use.
 */
import path from 'node:path'
import { type Config, type Env, expandEnv, type PayloadSettings, readEnv } from '../../config'
import { openOnce } from '../../util/async'
import { payloadStore } from './store'
import type { ObjectStore, PayloadStore } from './types'

interface Place extends Pick<ObjectStore, 'name' | 'place'> {
  /** The same one is the same store. */
  key: string
  open(): Promise<ObjectStore>
}

const opened = new Map<string, PayloadStore>()

/** null: the config has none. Throws an Error that says what is missing: a variable that is not set, an endpoint that is no URL. */
export function payloadStoreOf({ payloads }: Pick<Config, 'payloads'>, env: Env): PayloadStore | null {
  if (payloads === null) return null
  const place = payloads.store === 'disk' ? onDisk(payloads) : inS3(payloads, env)
  const known = opened.get(place.key)
  if (known !== undefined) return known
  const store = payloadStore(lazily(place))
  opened.set(place.key, store)
  return store
}

function lazily({ name, place, open }: Place): ObjectStore {
  const { get } = openOnce(open)
  return {
    name,
    place,
    write: async (...given) => (await get()).write(...given),
    read: async (...given) => (await get()).read(...given),
    removeFolder: async (...given) => (await get()).removeFolder(...given),
    ...(name === 'holdfast.disk'
      ? { removeBefore: async (instant) => (await (await get()).removeBefore?.(instant)) ?? 0 }
      : {
          expiry: async (signal) => (await (await get()).expiry?.(signal)) ?? { firstMs: null, allMs: null },
        }),
  }
}

function onDisk(settings: Extract<PayloadSettings, { store: 'disk' }>): Place {
  const folder = path.resolve(settings.path)
  return {
    name: 'holdfast.disk',
    place: `the payload store on disk (${folder})`,
    key: `disk ${folder}`,
    open: async () => (await import('./disk')).diskObjects(folder),
  }
}

function inS3(settings: Extract<PayloadSettings, { store: 's3' }>, env: Env): Place {
  const { bucket, prefix, credentialsEnv } = settings
  const filled = (field: string, text: string): string => {
    const expanded = expandEnv(text, env)
    if (expanded.ok) return expanded.text
    throw new Error(`payloads.${field} needs ${expanded.missing.join(', ')}, which is not set`)
  }
  const variable = (name: string): string => {
    const value = readEnv(env, name)
    if (value === null) throw new Error(`payloads needs ${name}, which is not set`)
    return value
  }
  const region = filled('region', settings.region)
  const endpoint = settings.endpoint === null ? null : filled('endpoint', settings.endpoint)
  if (endpoint !== null && !URL.canParse(endpoint)) throw new Error('payloads.endpoint is no URL')
  const { sessionTokenEnv } = credentialsEnv
  const credentials = {
    accessKeyId: variable(credentialsEnv.accessKeyIdEnv),
    secretAccessKey: variable(credentialsEnv.secretAccessKeyEnv),
    sessionToken: sessionTokenEnv === null ? null : readEnv(env, sessionTokenEnv),
  }
  const where = { bucket, prefix, region, endpoint }
  return {
    name: 'holdfast.s3',
    place: `the payload store in S3 (bucket ${bucket}${endpoint === null ? '' : ` at ${endpoint}`})`,
    key: `s3 ${JSON.stringify([where, credentials])}`,
    open: async () => (await import('./s3')).s3Objects(where, credentials, env),
  }
}
