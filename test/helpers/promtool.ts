/**
 * promtool, where it is installed: by PROMTOOL, else on the PATH. Debian's package `prometheus` has it.
 *
 * PROMTOOL-1 Where PROMTOOL names it, it has to be there: a test that can't run it fails.
 */
import { execFileSync } from 'node:child_process'
import { TOP } from './compose'

const PROGRAM = process.env.PROMTOOL || 'promtool'

function isInstalled(): boolean {
  if (process.env.PROMTOOL) return true
  try {
    execFileSync(PROGRAM, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export const withoutPromtool = isInstalled() ? null : `${PROGRAM} is not installed`

/** `it`, or where there is no promtool a loud skip: in the title, and on stderr. */
export function itWithPromtool(title: string, test: () => Promise<void>): void {
  if (withoutPromtool === null) {
    it(title, test)
    return
  }
  process.stderr.write(`SKIPPED: ${title}: ${withoutPromtool}\n`)
  it.skip(`${title} (skipped: ${withoutPromtool})`, test)
}

/** Its output; throws with it where promtool finds something wrong. `input`: for its standard input. */
export function promtool(args: string[], input = ''): string {
  try {
    return execFileSync(PROGRAM, args, { cwd: TOP, encoding: 'utf8', stdio: 'pipe', input })
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string }
    throw new Error(stdout + stderr || message)
  }
}
