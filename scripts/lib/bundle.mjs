// Bundles workflows for the sandbox: node scripts/lib/bundle.mjs <entry.ts> <out.js>; prints the files that went in, as JSON.
// Nothing is ignored: a module the sandbox forbids, and every warning of the bundler, fails the build.
// A program of its own: the bundler takes memory that a worker or a test run should not carry.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')
/** Their modules keep nothing (test/architecture.test.ts), so a worker loads them once rather than once a generation. */
const OWN = path.join(top, 'workflows', 'index.ts')
/** What the worker's environment says of encryption decides what it does (sandbox-failures.ts). */
const FAILURES = path.join(top, 'src', 'temporal', 'codec', 'sandbox-failures.ts')
const { bundleWorkflowCode, DefaultLogger } = createRequire(import.meta.url)('@temporalio/worker')

/** Writes the bundle of `entry` to `out`, whole or not at all. Returns this project's files that went into it. */
export async function bundle(entry, out) {
  const inputs = new Set()
  const problems = []
  const logger = new DefaultLogger('ERROR', ({ message }) => problems.push(message))
  const webpackConfigHook = (config) => ({
    ...config,
    context: top,
    plugins: [...config.plugins, { apply: (compiler) => watch(compiler, inputs) }],
  })
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.resolve(entry),
    ...(path.resolve(entry) === OWN ? { preloadModules: [OWN], failureConverterPath: FAILURES } : {}),
    logger,
    webpackConfigHook,
  }).catch((error) => {
    throw new Error(`The workflows don't bundle: ${[error.message, ...problems].join('\n')}`)
  })
  mkdirSync(path.dirname(out), { recursive: true })
  const next = `${out}.${process.pid}`
  writeFileSync(next, withoutBuildPaths(code))
  renameSync(next, out)
  return [...inputs].sort()
}

// The source map is shipped: it must be the same wherever it was built, and not show where that was.
function withoutBuildPaths(code) {
  return code.replace(
    /(sourceMappingURL=data:application\/json;charset=utf-8;base64,)([\w+/=]+)/,
    (_, head, map) => {
      const relative = Buffer.from(map, 'base64').toString().replaceAll(`${top}${path.sep}`, '')
      return head + Buffer.from(relative).toString('base64')
    },
  )
}

function watch(compiler, inputs) {
  compiler.hooks.afterCompile.tap('holdfast', (compilation) => {
    compilation.errors.push(...compilation.getWarnings())
    for (const file of compilation.fileDependencies) if (isOwn(file)) inputs.add(file)
  })
}

const isOwn = (file) =>
  !file.includes(`${path.sep}node_modules${path.sep}`) && /\.[cm]?[jt]s$/.test(file) && existsSync(file)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , entry, out] = process.argv
  try {
    process.stdout.write(`${JSON.stringify(await bundle(entry, out))}\n`)
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
