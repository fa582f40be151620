export { payloadStoreOf } from './open'
export { folderOf } from './store'
export { type PayloadFault, type PayloadStore, PayloadStoreError, payloadFaultOf } from './types'
