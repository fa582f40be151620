/**
 * Payloads over a bound stand in the payload store: the history has references. It comes behind the codecs, so that what is
 * encrypted is stored encrypted.
 *
 * EXTERNAL-STORAGE-1 A payload stands in the folder of the workflow that it belongs to, its activities' included.
 * EXTERNAL-STORAGE-2 The messages of a large request are no payload of any workflow: they are stored once, before the start,
 *    and each call reads them (decision 0047).
 */
import type { Client } from '@temporalio/client'
import {
  type DataConverter,
  ExternalStorage,
  type Payload,
  StorageDriverClaim,
  type StorageDriverStoreContext,
} from '@temporalio/common'
import { decodeArrayFromPayloads, encodeToPayload } from '@temporalio/common/lib/internal-non-workflow'
import { temporal } from '@temporalio/proto'
import type { Config } from '../config'
import type { GenerationRequest } from '../domain/request/request'
import { type Content, contentOf, outlineOf, wholeOf } from '../domain/request/stored'
import { folderOf, type PayloadStore, PayloadStoreError } from '../stores/payloads'

const { Payload: PayloadMessage } = temporal.api.common.v1

/** The converter with the store that the config names, if it names one. One that has external storage of its own keeps that. */
export const converterWith = (
  own: DataConverter,
  store: PayloadStore | null,
  { payloads }: Pick<Config, 'payloads'>,
): DataConverter =>
  store === null || payloads === null
    ? own
    : { externalStorage: externalStorage(store, payloads.overBytes), ...own }

/** What stands beside a request in an input: one that is no larger than `overBytes` stays in the history with it. */
const ROOM_BYTES = 64 * 1024

const externalStorage = (store: PayloadStore, overBytes: number): ExternalStorage =>
  new ExternalStorage({
    payloadSizeThreshold: overBytes + ROOM_BYTES,
    drivers: [
      {
        name: store.name,
        type: store.name,
        store: ({ target, abortSignal }, payloads) =>
          Promise.all(
            payloads.map(async (payload) => {
              const bytes = PayloadMessage.encode(payload).finish()
              return new StorageDriverClaim({ key: await store.put(folderFor(target), bytes, abortSignal) })
            }),
          ),
        retrieve: ({ abortSignal }, claims) =>
          Promise.all(
            claims.map(async ({ claimData: { key = '' } }) => decoded(await store.get(key, abortSignal))),
          ),
      },
    ],
  })

/** EXTERNAL-STORAGE-1 */
const folderFor = (target: StorageDriverStoreContext['target']): string =>
  folderOf(target?.namespace ?? '', target?.id ?? '')

const decoded = (bytes: Buffer): Payload => PayloadMessage.decode(bytes) as Payload

/** EXTERNAL-STORAGE-2. Returns the request's outline. Rejects with PayloadStoreError, or what the data converter throws. */
export async function storeContent(
  client: Client,
  store: PayloadStore,
  workflowId: string,
  request: GenerationRequest,
): Promise<GenerationRequest> {
  const { loadedDataConverter, namespace } = client.options
  // Without a context: a shadow, a workflow of another id, reads it too.
  const payload = await encodeToPayload(loadedDataConverter, contentOf(request))
  const bytes = PayloadMessage.encode(payload).finish()
  const key = await store.put(folderOf(namespace, workflowId), bytes)
  return outlineOf(request, { store: store.name, key, bytes: bytes.length })
}

/** A request as it was before `storeContent`. Rejects with PayloadStoreError, or what the data converter throws. */
export async function wholeRequest(
  client: Client,
  store: PayloadStore | null,
  outline: GenerationRequest,
): Promise<GenerationRequest> {
  const { stored } = outline
  if (stored === undefined) return outline
  if (store === null || store.name !== stored.store)
    throw new PayloadStoreError(
      'refused',
      `the request stands in the payload store ${stored.store}, which \`payloads\` of this process' config does not name`,
    )
  const payload = decoded(await store.get(stored.key))
  const [content] = await decodeArrayFromPayloads(client.options.loadedDataConverter, [payload])
  return wholeOf(outline, content as Content)
}
