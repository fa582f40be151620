// Run as a program, between Holdfast and the Temporal server: the server never outlives the process that wants it.
// Its parent holds an IPC channel; however the parent goes, SIGKILL included, the channel closes and the server ends.
// It stands in a process group of its own, so that Ctrl-C drains the worker while the server still serves.
// Argument: JSON { command, args, env, logFile, graceMs }. Messages: { pid } when started, { code, signal, tail } at the end.
const { spawn } = require('node:child_process')
const fs = require('node:fs')

const TAIL_LINES = 20
const MAX_LOG_BYTES = 20 * 1024 * 1024

// Its files hold prompts and answers: for their owner alone (data-files.ts, DATA-FILES-1).
process.umask(0o077)

const { command, args, env, logFile, graceMs } = JSON.parse(process.argv[2])
const log = logFile ? fs.createWriteStream(logFile, { flags: logFlags(logFile) }) : null
log?.on('error', () => undefined)

let tail = []
let ending = false
const server = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
for (const stream of [server.stdout, server.stderr]) {
  stream.setEncoding('utf8')
  stream.on('data', (text) => {
    log?.write(text)
    tail = [...tail, ...text.split('\n').filter((line) => line.trim() !== '')].slice(-TAIL_LINES)
  })
}
server.once('error', (error) => finish({ code: null, signal: null, tail: [String(error)] }))
server.once('close', (code, signal) => finish({ code, signal, tail }))
if (server.pid) report({ pid: server.pid })

process.on('SIGINT', () => undefined)
process.on('SIGTERM', end)
process.on('disconnect', end)

function end() {
  if (ending) return
  ending = true
  // Without a grace there is nothing to save: the server keeps all it has in memory.
  server.kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL')
  setTimeout(() => server.kill('SIGKILL'), graceMs).unref()
}

function finish(message) {
  report(message, () => process.exit(0))
}

function report(message, then = () => undefined) {
  if (process.connected) process.send(message, then)
  else then()
}

function logFlags(file) {
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0
  return size > MAX_LOG_BYTES ? 'w' : 'a'
}
