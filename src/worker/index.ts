export { type HoldfastWorker, startWorker, type WorkerSettings } from './create-worker'
export { type Host, type HostSettings, installRuntime, startHost } from './host'
