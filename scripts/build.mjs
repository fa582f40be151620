// npm run build: TypeScript into dist/, then the workflow bundle into dist/workflow-bundle.js.
// Does nothing when no source has changed. A new dist/ replaces the old one only when all of it was built.
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { filesUnder, hashFile, hashFiles } from './lib/files.mjs'
import { checkNode, ensureInstalled, top } from './lib/install.mjs'
import { run } from './lib/run.mjs'
import { main, say, step } from './lib/say.mjs'

const SOURCES = ['src', 'workflows', 'activities', 'bench', 'chaos', 'tsconfig.json', 'tsconfig.build.json']
const TOOLS = ['package-lock.json', 'scripts/build.mjs', 'scripts/lib/bundle.mjs']
const BUNDLE = 'workflow-bundle.js'
const RECORD = '.build.json'
const dist = path.join(top, 'dist')

export async function build() {
  const sources = hashFiles(filesUnder(top, [...SOURCES, ...TOOLS]))
  const before = readRecord()
  if (before?.sources === sources) return
  await step('building', () => buildInto(path.join(top, `.dist-${process.pid}`), sources, before))
}

async function buildInto(next, sources, before) {
  try {
    const tools = hashFiles(filesUnder(top, TOOLS))
    const tsc = path.join(top, 'node_modules', 'typescript', 'bin', 'tsc')
    const [, bundled] = await Promise.all([
      run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', next], { cwd: top }),
      bundle(path.join(next, BUNDLE), tools, before),
    ])
    copyAsTheyStand(next)
    const cli = path.join(next, 'src', 'cli', 'main.js')
    if (existsSync(cli)) chmodSync(cli, 0o755)
    writeFileSync(path.join(next, RECORD), JSON.stringify({ sources, tools, bundled }))
    replaceDist(next)
  } finally {
    rmSync(next, { recursive: true, force: true })
  }
}

/** Bundling takes seconds: the last bundle is taken over when nothing that went into it has changed. */
async function bundle(out, tools, before) {
  if (before?.tools === tools && same(before.bundled)) {
    cpSync(path.join(dist, BUNDLE), out)
    return before.bundled
  }
  const program = path.join(top, 'scripts', 'lib', 'bundle.mjs')
  const printed = await run(process.execPath, [program, path.join(top, 'workflows', 'index.ts'), out], {
    cwd: top,
  })
  const files = JSON.parse(printed.trim().split('\n').at(-1))
  return Object.fromEntries(files.map((file) => [file, hashFile(file)]))
}

const same = (hashes) =>
  Object.entries(hashes).every(([file, hash]) => existsSync(file) && hashFile(file) === hash)

/** What the compiler leaves out: small programs, the page of the gateway, and the workflows' code of earlier releases. */
function copyAsTheyStand(next) {
  for (const file of filesUnder(top, ['src', 'workflows']).filter((name) =>
    /\.(cjs|mjs|js\.gz|html|css)$/.test(name),
  )) {
    const to = path.join(next, path.relative(top, file))
    mkdirSync(path.dirname(to), { recursive: true })
    copyFileSync(file, to)
  }
}

/** Another build may do the same at this moment: whoever comes last stays. */
function replaceDist(next) {
  const old = `${next}-old`
  for (let tries = 1; ; tries += 1) {
    try {
      if (existsSync(dist)) renameSync(dist, old)
      renameSync(next, dist)
      break
    } catch (error) {
      if (tries === 5) throw error
    } finally {
      rmSync(old, { recursive: true, force: true })
    }
  }
}

function readRecord() {
  const file = path.join(dist, RECORD)
  return existsSync(file) && existsSync(path.join(dist, BUNDLE))
    ? JSON.parse(readFileSync(file, 'utf8'))
    : null
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    checkNode()
    await ensureInstalled()
    await build()
    say('dist/ is up to date')
  })
}
