/** What the rest of the house uses of the delivery log. */
export { type DeliveryDeps, openDelivery } from './open'
export { LogLost } from './store'
export type {
  Appended,
  Commit,
  ContentEvent,
  Delivered,
  DeliveryEvent,
  DeliveryLog,
  DeliveryWriter,
  Epoch,
  Opened,
} from './types'
