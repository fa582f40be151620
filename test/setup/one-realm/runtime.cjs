/**
 * Packages of node_modules are loaded once for each jest worker, by Node, and not again for each test file by jest: loading
 * Temporal's packages took most of a file's time and memory. The project's own modules are loaded for each file, as jest does.
 */
const { compileFunction } = require('node:vm')
const { default: Runtime } = require('jest-runtime')

class OneRealmRuntime extends Runtime {
  constructor(...args) {
    super(...args)
    const { executor } = this
    executor.compile = (source, filename) =>
      compileFunction(source, executor.injectedModuleParameters, { filename })
  }

  requireModuleOrMock(from, name) {
    const file = this.untransformed(from, name)
    return file === null ? super.requireModuleOrMock(from, name) : require(file)
  }

  /** The file that a package's name stands for, or null for the project's own and for what jest transforms or provides itself. */
  untransformed(from, name) {
    if (/^([./]|node:|@jest\/)/.test(name) || this._resolution.isCoreModule(name)) return null
    if (this._resolution.resolveCjsStub(from, name) !== null) return null
    const file = this._resolution.resolveCjs(from, name)
    return this.isUntransformed(file) ? file : null
  }

  isUntransformed(file) {
    return this._config.transformIgnorePatterns.some((pattern) => new RegExp(pattern).test(file))
  }
}

module.exports = { default: OneRealmRuntime, __esModule: true }
