/** What the other rooms use of the delivery log. */
export { type DeliveryDeps, openDelivery } from './open'
export type { DeliveryLog } from './types'
