import type { HttpClient } from '../../src/http'
import { callChat } from '../call-chat'

export interface FloorActivities {
  callOnce(request: unknown): Promise<string>
}

export const createFloorActivities = (http: HttpClient, url: string): FloorActivities => ({
  callOnce: async (body) => (await callChat(http, { url, body })).text,
})
