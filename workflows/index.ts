export { budget } from './budget'
export { circuit } from './circuit'
export { drill } from './drill'
export { failoverDrill } from './failover-drill'
/** Under the second name it counts tokens (`COUNT_WORKFLOW`). */
export { drillGeneration, generation, generation as tokenCount } from './generation'
export { limits } from './limits'
