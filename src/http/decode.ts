/** The streams that undo a `content-encoding`. */
import { PassThrough, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

/** Requested for whole answers. Streams request none: a proxy that compresses holds tokens back. */
export const ACCEPT_ENCODING = 'gzip, br'

const DECODERS: { [encoding: string]: () => Transform } = {
  identity: () => new PassThrough(),
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** A fresh decoder; null where the encoding is not known here. */
export const decoderFor = (encoding: string | undefined): Transform | null =>
  DECODERS[encoding?.trim().toLowerCase() || 'identity']?.() ?? null
