#!/usr/bin/env node
/** `holdfast`: thin commands over the library. What a command needs is loaded when it runs. */
import { createProgram } from './program'

/** A reader that leaves early (`| head`) has seen enough: what runs goes on, and ends as it would have. */
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })

createProgram(process.argv[2])
  .then((program) => program.parseAsync())
  .catch((error: unknown) => {
    const text = `holdfast: ${error instanceof Error ? error.message : String(error)}\n`
    // All that was started has been closed; what a broken native worker leaves behind would keep the process up.
    process.stderr.write(text, () => process.exit(1))
  })
