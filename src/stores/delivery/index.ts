/** What the other rooms use of the delivery log. */
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
