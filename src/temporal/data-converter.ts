/**
 * The one data converter of clients, workers and commands: it encrypts where there are keys.
 *
 * DATA-CONVERTER-1 The user's own wins. One that has codecs is used as it is, and the keys then encrypt the stores alone (cache,
 *    delivery log): which of two encryptions reads what would else be a guess. One without codecs gets the keys' codec.
 * DATA-CONVERTER-2 A process without keys refuses what is encrypted with an error that says so (PAYLOAD-CODEC-4).
 * DATA-CONVERTER-3 What is larger than the config says goes to its payload store, behind all codecs: what is encrypted is
 *    stored encrypted.
 */
import path from 'node:path'
import type { DataConverter } from '@temporalio/common'
import type { Config, Env } from '../config'
import { readEncryptionKeys } from '../encryption'
import { payloadStoreOf } from '../stores/payloads'
import { payloadCodec, plainCodec } from './codec/payload-codec'
import { converterWith } from './external-storage'

/** Encodes messages and stacks of failures, so that the codec encrypts them. */
export const ENCODED_FAILURES = path.join(__dirname, 'codec', `encoded-failures${path.extname(__filename)}`)

export interface DataConverterSettings {
  env: Env
  /** null: it can't be read. */
  config: Config | null
  /** The user's. */
  own?: DataConverter | undefined
}

/** Throws EncryptionKeysError, or an Error that says what the payload store lacks. */
export function dataConverterOf({ env, config, own = {} }: DataConverterSettings): DataConverter {
  const converter = encrypting(env, own)
  return config === null ? converter : converterWith(converter, payloadStoreOf(config, env), config)
}

function encrypting(env: Env, own: DataConverter): DataConverter {
  const keys = readEncryptionKeys(env)
  // DATA-CONVERTER-1
  if ((own.payloadCodecs ?? []).length > 0) return own
  if (keys === null) return { ...own, payloadCodecs: [plainCodec] }
  const failureConverterPath = own.failureConverterPath ?? (keys.writing === null ? null : ENCODED_FAILURES)
  return {
    ...own,
    ...(failureConverterPath === null ? {} : { failureConverterPath }),
    payloadCodecs: [payloadCodec(keys)],
  }
}

/** The seams with that converter: for every client and worker that is made of them. Throws EncryptionKeysError. */
export const withDataConverter = <Seams extends { dataConverter?: DataConverter | undefined }>(
  seams: Seams,
  { env, config }: Pick<DataConverterSettings, 'env' | 'config'>,
): Seams & { dataConverter: DataConverter } => ({
  ...seams,
  dataConverter: dataConverterOf({ env, config, own: seams.dataConverter }),
})
