/** The HTTP side, for those who start it: `up` and `gateway`. */

export { isLoopback } from '../domain/request/hosts'
export { API_KEYS_ENV, type ApiKeys, readApiKeys } from './api-keys'
export { type Cluster, clusterOver } from './cluster'
export { readinessOver, type SharedConnection, sharedConnection } from './connection'
export { type Readiness, readinessOf } from './readiness'
export { type Gateway, type GatewayOptions, startGateway } from './server'
