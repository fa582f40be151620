import { spawn } from 'node:child_process'
import { fail } from './say.mjs'

/** Runs a program in `cwd`; its output is kept, and shown only if it fails. */
export function run(command, args, { cwd, shell = false }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, shell, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk) => {
      output += chunk
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', (error) => reject(fail(`${command} can't be run: ${error.message}`)))
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output)
      else
        reject(
          fail(
            `${output.trim()}\n\`${[command, ...args].join(' ')}\` failed (${signal ?? `exit code ${code}`})`,
          ),
        )
    })
  })
}
