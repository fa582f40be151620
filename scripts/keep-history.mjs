// npm run keep-history -- NAME [FILE]: one more history that every later version of the workflows has to replay, in
// test/fixtures/histories/unreleased. Without FILE it is recorded anew: NAME is a scenario of
// test/helpers/replay-scenarios.ts, `continued`, or the circuit's. FILE is what `temporal workflow show --output json` prints.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { build } from './build.mjs'
import { ensureInstalled, top } from './lib/install.mjs'
import { fail, main, say } from './lib/say.mjs'

const FOLDER = path.join('test', 'fixtures', 'histories', 'unreleased')

await main(async () => {
  const [name = '', file] = process.argv.slice(2)
  if (!/^[a-z0-9-]+$/.test(name))
    throw fail('npm run keep-history -- NAME [FILE]; a name has small letters, digits and hyphens')
  await ensureInstalled()
  await build()
  if (file !== undefined) keep(name, file)
  replayed(file === undefined ? { HOLDFAST_RECORD_HISTORIES: name } : {})
  say(`${path.join(FOLDER, `${name}.json`)} is kept and replays: commit it`)
})

function keep(name, file) {
  const history = JSON.parse(readFileSync(file, 'utf8'))
  const started = history.events?.[0]?.workflowExecutionStartedEventAttributes
  if (!['generation', 'circuit'].includes(started?.workflowType?.name))
    throw fail(`${file} is no history of a generation or a circuit`)
  writeFileSync(path.join(top, FOLDER, `${name}.json`), `${JSON.stringify(history, null, 1)}\n`)
}

function replayed(env) {
  const jest = path.join(top, 'node_modules', 'jest', 'bin', 'jest.js')
  const args = [jest, 'test/replay/generation', 'test/replay/circuit']
  const { status } = spawnSync(process.execPath, args, {
    cwd: top,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  })
  if (status !== 0) throw fail('it does not replay, or was not recorded: see above')
}
