/** The delivery log that other processes write: null where each of them has its own. */
import type { Config, Env } from '../config'
import { type DeliveryDeps, type DeliveryLog, openDelivery } from '../stores/delivery'

/** A library does not log: where the log is out of reach, the workflow's result serves. */
const SILENT = { info: () => undefined, warn: () => undefined }

/** Throws an Error that says which variable is missing. */
export const reachableDelivery = async (
  { delivery }: Config,
  env: Env,
  logger: DeliveryDeps['logger'] = SILENT,
): Promise<DeliveryLog | null> =>
  delivery.store === 'redis' ? openDelivery(delivery, { env, logger }) : null
