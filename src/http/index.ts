export type { HttpClient, HttpClientOptions } from './client'
export { createHttpClient } from './client'
export type * from './types'
