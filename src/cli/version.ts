/** Of this package, by its manifest. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** dist/src/cli/version.js and src/cli/version.ts stand at different depths. */
export function version(): string {
  for (let folder = __dirname; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
      if (name === 'holdfast') return version
    } catch {
      // Not here: one folder up.
    }
  }
  return 'unknown'
}
