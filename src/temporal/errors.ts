/** What can go wrong between this process and a Temporal server, as typed errors with a sentence that helps. */

/** No answer from Temporal at `address` within the time given. Nothing was accepted. */
export class TemporalUnreachableError extends Error {
  readonly kind = 'unavailable'
  constructor(
    readonly address: string,
    reason: string,
  ) {
    super(
      `Temporal is not reachable at ${address}: ${reason}; start it with \`holdfast up\` or set TEMPORAL_ADDRESS`,
    )
    this.name = 'TemporalUnreachableError'
  }
}

/** The environment or the Temporal config file can't be read as connection settings. */
export class TemporalSettingsError extends Error {
  constructor(reason: string) {
    super(`The Temporal connection settings are not usable: ${reason}`)
    this.name = 'TemporalSettingsError'
  }
}

/** A namespace that nobody has made is a setting, not an outage. */
export const noNamespace = (namespace: string): string =>
  `the namespace "${namespace}" does not exist there; set TEMPORAL_NAMESPACE to one that does, or create it: ` +
  `temporal operator namespace create --namespace ${namespace}`

/** The embedded server could not start. `reason` is for programs, the message for people. */
export class EmbeddedServerError extends Error {
  constructor(
    readonly reason: 'port_taken' | 'data_in_use' | 'died' | 'slow',
    message: string,
  ) {
    super(message)
    this.name = 'EmbeddedServerError'
  }
}

/** One location that was searched for a binary, and why it would not do. */
export interface BinaryTry {
  source: string
  reason: string
}

/** A server binary was found nowhere and could not be downloaded. Lists all that was tried. */
export class BinaryNotFoundError extends Error {
  constructor(
    readonly binary: string,
    readonly tried: BinaryTry[],
    advice: string,
  ) {
    const lines = tried.map((one) => `  - ${one.source}: ${one.reason}`)
    super(`No usable \`${binary}\` binary. Tried:\n${lines.join('\n')}\n${advice}`)
    this.name = 'BinaryNotFoundError'
  }
}

/** The first line of whatever was thrown, for use inside another sentence. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n', 1)[0] ?? text
}
