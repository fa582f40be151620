import { run } from './run.mjs'

const QUIET = ['--no-audit', '--no-fund', '--loglevel=error']

/** npm, by this Node; or, where this was started by npm, by the Node `node`. */
export function runNpm(args, { cwd, node = process.execPath }) {
  const npm = process.env.npm_execpath
  return npm?.endsWith('.js')
    ? run(node, [npm, ...args, ...QUIET], { cwd })
    : run('npm', [...args, ...QUIET], { cwd, shell: process.platform === 'win32' })
}
