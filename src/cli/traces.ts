/** Traces of a program, by OpenTelemetry's variables. */
import type { Logger } from 'pino'
import type { Config } from '../config'
import { openTracing, type Tracing } from '../telemetry/tracing'
import { version } from './version'

/** null: they are off. */
export const openTraces = (config: Config, logger: Logger): Promise<Tracing | null> =>
  openTracing({ config, logger, version: version() })

/** To be called last: what waits for a collector that is down would keep the process up, so the process is ended. */
export async function closeTraces(tracing: Tracing | null): Promise<void> {
  if (tracing !== null && !(await tracing.close())) process.exit()
}
