/** Temporal's runtime for tests: what fails is reported by what is called, and a test's output is its own. */
import pino from 'pino'
import { installRuntime } from '../worker'

/** A process has one: where it is there already, it stays as it is. */
export const installQuietRuntime = (): void =>
  installRuntime(pino({ level: 'silent' }), { telemetryOptions: { logging: { console: {}, filter: 'off' } } })
