/**
 * Test files run in the realm of their jest worker, and not each in one of its own: what `runtime.cjs` loads once for all of
 * them has the same Error and Array as they have. What a file changes of the globals and of process.env is put back after it.
 */
const { LegacyFakeTimers, ModernFakeTimers } = require('@jest/fake-timers')
const { ModuleMocker } = require('jest-mock')

/** What jest wraps anew for each file: wrapped again and again it would hold all files of a worker. */
const PATCHED = [
  [Error, 'prepareStackTrace'],
  [process, 'emit'],
  [process, 'exit'],
]

module.exports = class OneRealmEnvironment {
  constructor({ projectConfig }) {
    this.before = new Map(Reflect.ownKeys(globalThis).map((key) => [key, descriptor(key)]))
    this.env = { ...process.env }
    this.directory = process.cwd()
    this.listeners = new Map(process.eventNames().map((name) => [name, process.rawListeners(name)]))
    this.patched = PATCHED.map(([holder, key]) => Object.getOwnPropertyDescriptor(holder, key))
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
    for (const name of process.eventNames()) {
      const known = this.listeners.get(name) ?? []
      for (const one of process.rawListeners(name)) if (!known.includes(one)) process.off(name, one)
    }
    PATCHED.forEach(([holder, key], index) => {
      const was = this.patched[index]
      if (was === undefined) Reflect.deleteProperty(holder, key)
      else Object.defineProperty(holder, key, was)
    })
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
