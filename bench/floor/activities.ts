import { callChat } from '../call-chat'
import type { HttpClient } from '../../src/http'

export interface FloorActivities {
  callOnce(request: unknown): Promise<string>
}

export const createFloorActivities = (http: HttpClient, url: string): FloorActivities => ({
  callOnce: (request) => callChat(http, url, request),
})
