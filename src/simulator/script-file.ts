/** Scripts from a file: YAML, of which JSON is a part. */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { parseScript, type Script, ScriptError } from './script'

/** Reads and checks a script file. Throws `ScriptError` with the file's name. */
export async function loadScript(file: string): Promise<Script> {
  try {
    const script: unknown = parse(await readFile(file, 'utf8'))
    parseScript(script)
    return script as Script
  } catch (error) {
    throw new ScriptError(`${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
