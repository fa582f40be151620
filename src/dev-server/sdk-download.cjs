// Run as a program: gets a server binary through the SDK's own downloader, then ends.
// It is a program of its own because the downloader can't be cancelled and comes with the native runtime.
// Arguments: <directory> <dev-server | time-skipping> <version>. The SDK starts what it got; it is stopped at once.
const { Runtime } = require('@temporalio/worker')

const [directory, type, version] = process.argv.slice(2)
const exe = {
  type: 'cached-download',
  downloadDir: directory,
  version: `v${version}`,
  ttl: 0x7fffffff,
  sdkName: 'sdk-typescript',
  sdkVersion: require('@temporalio/worker/package.json').version,
}
const quiet = { namespace: 'default', ip: '127.0.0.1', uiPort: null, dbFilename: null, ui: false }
const config =
  type === 'dev-server'
    ? { type, exe, port: null, extraArgs: [], log: { format: 'text', level: 'error' }, ...quiet }
    : { type, exe, port: null, extraArgs: [] }

Runtime.install({ logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} } })
const runtime = Runtime.instance()
runtime
  .createEphemeralServer(config)
  .then((server) => runtime.shutdownEphemeralServer(server))
  .catch((error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  })
