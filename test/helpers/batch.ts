/** Batch files, and what a result file has. */
import { existsSync, readFileSync } from 'node:fs'

export const promptOf = (line: number): string => `batch prompt ${line}`
export const customIdOf = (line: number): string => `request-${line}`

export interface BatchLine {
  custom_id: string
  method: string
  url: string
  body: { [name: string]: unknown }
}

export const batchLine = (line: number, body: { [name: string]: unknown } = {}): BatchLine => ({
  custom_id: customIdOf(line),
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'default', messages: [{ role: 'user', content: promptOf(line) }], ...body },
})

/** So many lines, all good. */
export const batchText = (lines: number): string =>
  Array.from({ length: lines }, (_, index) => `${JSON.stringify(batchLine(index + 1))}\n`).join('')

interface Result {
  id: string
  custom_id: string | null
  response: {
    status_code: number
    request_id: string
    body: {
      choices?: { message: { content: string } }[]
      holdfast?: { attempts: { failure?: { class: string } }[] }
      error?: { message: string; code: string }
    }
  } | null
  error: { code: string; message: string } | null
}

/** The whole lines of a result file, none where there is no file. */
export function resultsOf(file: string): Result[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.slice(0, -1).map((line) => JSON.parse(line))
}
