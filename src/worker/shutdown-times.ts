/** How long a worker that is stopped lets its calls go on. */
import { type Env, parseDuration, readEnv } from '../config'

/** Below the 30 s that Kubernetes leaves between SIGTERM and SIGKILL. */
const SHUTDOWN_GRACE_MS = 25_000
/** What a call that is handed over then needs to say so. */
const HAND_OVER_MS = 3_000

/** How long calls in flight may go on after SIGTERM: HOLDFAST_SHUTDOWN_GRACE, e.g. `110s`, or 25 s. Milliseconds. */
export function shutdownTimes(env: Env): { shutdownGraceTime: number; shutdownForceTime: number } {
  const text = readEnv(env, 'HOLDFAST_SHUTDOWN_GRACE')
  const graceMs = text === null ? SHUTDOWN_GRACE_MS : parseDuration(text)
  if (graceMs === null) throw new Error(`HOLDFAST_SHUTDOWN_GRACE is "${text}": write a duration such as 25s`)
  return { shutdownGraceTime: graceMs, shutdownForceTime: graceMs + HAND_OVER_MS }
}
