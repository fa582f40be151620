/** SIGTERM and SIGINT: the first one drains, a second one ends at once. */

const EXIT_AT_ONCE = 130

/** Resolves at the first signal; a second one exits the process. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let seen = false
    const onSignal = (signal: NodeJS.Signals) => {
      if (seen) process.exit(EXIT_AT_ONCE)
      seen = true
      resolve(signal)
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
}
