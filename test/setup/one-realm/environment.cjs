/**
 * Test files run in the realm of their jest worker, and not each in one of its own: what `runtime.cjs` loads once for all of
 * them has the same Error and Array as they have. What a file changes of the globals and of process.env is put back after it.
 */
const { LegacyFakeTimers, ModernFakeTimers } = require('@jest/fake-timers')
const { ModuleMocker } = require('jest-mock')

module.exports = class OneRealmEnvironment {
  constructor({ projectConfig }) {
    this.before = new Map(Reflect.ownKeys(globalThis).map((key) => [key, descriptor(key)]))
    this.env = { ...process.env }
    this.directory = process.cwd()
    this.global = globalThis
    this.global.Error.stackTraceLimit = 100
    this.moduleMocker = new ModuleMocker(globalThis)
    this.fakeTimers = new LegacyFakeTimers({
      config: projectConfig,
      global: globalThis,
      moduleMocker: this.moduleMocker,
      timerConfig: { idToRef: (id) => id, refToId: (timer) => timer },
    })
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis })
  }

  async setup() {}

  async teardown() {
    this.fakeTimers.dispose()
    this.fakeTimersModern.dispose()
    for (const key of Reflect.ownKeys(globalThis)) {
      const was = this.before.get(key)
      if (was === undefined) Reflect.deleteProperty(globalThis, key)
      else if (was.value !== descriptor(key).value) Object.defineProperty(globalThis, key, was)
    }
    for (const name of Object.keys(process.env)) if (!(name in this.env)) delete process.env[name]
    Object.assign(process.env, this.env)
    process.chdir(this.directory)
  }

  exportConditions() {
    return ['node', 'node-addons']
  }

  /** Jest asks for it before it loads a module, and takes its absence for the end of the file. */
  getVmContext() {
    return globalThis
  }
}

function descriptor(key) {
  return Object.getOwnPropertyDescriptor(globalThis, key)
}
