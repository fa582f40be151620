/** The file of golden prompts: one a line, as text, or as JSON with what the answer has to have in it. */
import type { GoldenPrompt } from '../domain/drill/failover'

/** Throws an Error that names the line. */
export function goldenPrompts(text: string, file: string): GoldenPrompt[] {
  const prompts = text.split('\n').flatMap((line, index): GoldenPrompt[] => {
    const trimmed = line.trim()
    if (trimmed === '') return []
    return [trimmed.startsWith('{') ? readPrompt(trimmed, `${file}:${index + 1}`) : { prompt: trimmed }]
  })
  if (prompts.length === 0) throw new Error(`${file} has no prompt`)
  return prompts
}

function readPrompt(line: string, where: string): GoldenPrompt {
  const { prompt, expects, ...others } = parsed(line, where)
  const isText = typeof prompt === 'string' && (expects === undefined || typeof expects === 'string')
  if (!isText || Object.keys(others).length > 0)
    throw new Error(`${where}: {"prompt": text}, or {"prompt": text, "expects": text} is needed`)
  return expects === undefined ? { prompt } : { prompt, expects }
}

function parsed(line: string, where: string): { [name: string]: unknown } {
  try {
    return JSON.parse(line)
  } catch {
    throw new Error(`${where}: it begins with {, and is no JSON`)
  }
}
