export { circuit } from './circuit'
export { generation } from './generation'
