#!/usr/bin/env node
/** `holdfast`: thin commands over the library. What a command needs is loaded when it runs. */
import { createProgram } from './program'

createProgram()
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`holdfast: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  })
