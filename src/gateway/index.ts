/** The HTTP side, for those who start it: `up` and `gateway`. */

export { isLoopback } from '../domain/request/hosts'
export { type Cluster, clusterOver } from './cluster'
export { remoteCodecOf } from './codec'
export { readinessOver, type SharedConnection, sharedConnection } from './connection'
export { API_KEYS_ENV, type ApiKeys, KEYS_FILE_ENV, openApiKeys, readApiKeys } from './keys'
export { type Readiness, readinessOf } from './readiness'
export { type Gateway, type GatewayOptions, startGateway } from './server'
