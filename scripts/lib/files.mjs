import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

/** All files under these files and folders, sorted. */
export function filesUnder(top, names) {
  return names.flatMap((name) => {
    const file = path.join(top, name)
    if (!existsSync(file)) return []
    if (!statSync(file).isDirectory()) return [file]
    return filesUnder(file, readdirSync(file).sort())
  })
}

export const hashFile = (file) => createHash('sha256').update(readFileSync(file)).digest('hex')

/** One hash over the names and contents of files. */
export function hashFiles(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\0${hashFile(file)}\n`)
  return hash.digest('hex')
}
