/** Small disks, where this process may mount them: what fills one harms nothing else. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/** A tmpfs of this size over the folder, which is made. @returns what takes it away; null: this process may not mount. */
export function mountSmall(folder: string, sizeMb: number): (() => void) | null {
  mkdirSync(folder, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return null
  }
  return () => {
    // Lazily: whoever still has a file open there keeps it for so long.
    execFileSync('umount', ['--lazy', folder], { stdio: 'ignore' })
  }
}
