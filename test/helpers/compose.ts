/** docker-compose.yml as its tests read it. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseDocument } from 'yaml'

export const TOP = path.resolve(__dirname, '..', '..')
export const text = (file: string): string => readFileSync(path.join(TOP, file), 'utf8')

export interface Service {
  image: string
  build?: string
  command?: string[]
  environment?: { [name: string]: string }
  depends_on?: { [service: string]: { condition: string } }
  healthcheck?: { test: string[] }
  networks?: string[]
  ports?: string[]
  profiles?: string[]
  restart?: string
  secrets?: string[]
  stop_grace_period?: string
  volumes?: string[]
}
interface Compose {
  services: { [name: string]: Service }
  networks: { [name: string]: { internal?: boolean } }
  secrets: { [name: string]: { environment?: string } }
  volumes: { [name: string]: unknown }
}

export const document = parseDocument(text('docker-compose.yml'), { merge: true })
export const compose = document.toJS() as Compose
export const services = Object.entries(compose.services)
export const service = (name: string): Service => {
  const found = compose.services[name]
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`)
  return found
}
export const ROLES = ['gateway', 'worker']

/** The first group of each match. */
export function names(source: string, pattern: RegExp): string[] {
  return [...source.matchAll(pattern)].map(([, name = '']) => name)
}
