// npm run keep-release, once per release: keeps its workflows' code and the histories of its workflows, for good. Every later
// release carries the code, so that generations which wait across an upgrade go on with it, and is tested with both.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from './build.mjs'
import { ensureInstalled, top } from './lib/install.mjs'
import { main, say } from './lib/say.mjs'

await main(async () => {
  const { version } = JSON.parse(readFileSync(path.join(top, 'package.json'), 'utf8'))
  const releases = path.join(top, 'workflows', 'releases')
  const histories = path.join(top, 'test', 'fixtures', 'histories')
  mkdirSync(releases, { recursive: true })
  const kept = readdirSync(releases).some((file) => file.startsWith(`${version}-`))
  if (kept || existsSync(path.join(histories, version)))
    throw new Error(`${version} is kept already, and stays as it is: give the next release another version`)
  await ensureInstalled()
  await build()
  const { bareCode, buildIdOf } = createRequire(import.meta.url)(
    path.join(top, 'dist', 'src', 'worker', 'builds', 'build-id.js'),
  )
  const bundle = readFileSync(path.join(top, 'dist', 'workflow-bundle.js'), 'utf8')
  const file = `${version}-${buildIdOf(bundle)}.js.gz`
  writeFileSync(path.join(releases, file), gzipSync(bareCode(bundle), { level: 9 }))
  cpSync(path.join(histories, 'unreleased'), path.join(histories, version), { recursive: true })
  say(`kept workflows/releases/${file} and test/fixtures/histories/${version}: commit both`)
})
