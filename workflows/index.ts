export { circuit } from './circuit'
/** Under the second name it counts tokens (`COUNT_WORKFLOW`). */
export { generation, generation as tokenCount } from './generation'
