/** A provider on a real socket that answers by the name of the model, byte for byte as the test says. */
import { setTimeout as sleep } from 'node:timers/promises'
import { httpServer } from './sockets'

/** Text and bytes are written as they are; a number is a pause in milliseconds. */
export type Parts = readonly (string | Buffer | number)[]

export interface Scripted {
  parts: Parts
  /** Default 200. */
  status?: number
  /** Default: an event stream. null: none is sent. */
  contentType?: string | null
  headers?: { [name: string]: string }
}

export interface ScriptedProvider {
  url: string
  /** The bodies that were sent to a model, in order. */
  calls(model: string): { [field: string]: unknown }[]
  close(): Promise<void>
}

export async function startScriptedProvider(
  scriptOf: (model: string, body: { [field: string]: unknown }) => Scripted,
): Promise<ScriptedProvider> {
  const bodies: { [field: string]: unknown }[] = []
  const server = await httpServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const body = JSON.parse(text)
    bodies.push(body)
    const { parts, status = 200, contentType = 'text/event-stream', headers } = scriptOf(body.model, body)
    response.writeHead(status, {
      ...(contentType === null ? {} : { 'content-type': contentType }),
      ...headers,
    })
    response.flushHeaders()
    for (const part of parts) {
      if (response.destroyed) return
      if (typeof part === 'number') await sleep(part)
      else response.write(part)
    }
    response.end()
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    calls: (model) => bodies.filter((body) => body.model === model),
    close: server.close,
  }
}
