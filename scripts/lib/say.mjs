// Progress goes to stderr: stdout belongs to results.
const STILL_AT_IT_MS = 5_000

export const say = (line) => process.stderr.write(`${line}\n`)

/** Says what begins, that it still goes on, and how long it took. */
export async function step(what, work) {
  const startedAt = Date.now()
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`
  say(`${what}…`)
  const ticker = setInterval(() => say(`${what}… ${seconds()}`), STILL_AT_IT_MS)
  try {
    return await work()
  } finally {
    clearInterval(ticker)
    say(`${what}: ${seconds()}`)
  }
}

/** Runs a script's main, and turns an error that was meant for people into one sentence and exit code 1. */
export async function main(work) {
  try {
    await work()
  } catch (error) {
    say(
      error.forPeople || error.name === 'BinaryNotFoundError'
        ? error.message
        : (error.stack ?? String(error)),
    )
    process.exitCode = 1
  }
}

/** An error whose message says all there is to say. */
export function fail(message) {
  return Object.assign(new Error(message), { forPeople: true })
}
