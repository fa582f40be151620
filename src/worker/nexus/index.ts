export type { NexusDeps } from './generate'
export { nexusService } from './service'
