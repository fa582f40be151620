export { generation } from './generation'
