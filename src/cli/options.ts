/** Option parsers that several commands share. */
import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../config'
import type { Metadata } from '../domain/request/metadata'

const MAX_PORT = 65_535

/** 0 means: any free one. */
export function portOption(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > MAX_PORT)
    throw new InvalidArgumentError('a port is a whole number up to 65535')
  return port
}

export interface EmbeddedPorts {
  temporalPort: number
  uiPort: number
}

/** For the embedded server, which takes an absent port as: any free one. */
export const embeddedPorts = ({
  temporalPort,
  uiPort,
}: EmbeddedPorts): { port?: number; uiPort?: number } => ({
  ...(temporalPort === 0 ? {} : { port: temporalPort }),
  ...(uiPort === 0 ? {} : { uiPort }),
})

/** From 1. */
export function countOption(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || !Number.isSafeInteger(count))
    throw new InvalidArgumentError('a whole number from 1 is needed')
  return count
}

/** A duration as in the config, e.g. `24h`, in milliseconds. */
export function agoOption(text: string): number {
  const ms = parseDuration(text)
  if (ms === null) throw new InvalidArgumentError('a duration is needed, e.g. 30m, 24h or 7d')
  return ms
}

/** `key=value`, once or more often. The key ends at the first `=`. */
export function pairOption(text: string, before: Metadata = {}): Metadata {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('a pair is needed: key=value')
  return Object.fromEntries([...Object.entries(before), [text.slice(0, at), text.slice(at + 1)]])
}
