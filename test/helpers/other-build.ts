/** The package as it would be with other workflows: a copy of `dist/`. Needs `npm run build`. */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { keptBundle } from '../../src/temporal/workflow-bundle'
import { bareCode, buildIdOf } from '../../src/worker/builds/build-id'

const TOP = path.resolve(__dirname, '..', '..')
const BUNDLE = path.join('dist', 'workflow-bundle.js')

export interface OtherBuild {
  buildId: string
  /** Its command line's program. */
  main: string
  /** The package brings the code of today's build along, as of an earlier release. */
  bringsToday(): void
  remove(): void
}

const codeOf = (bundle: string): string => readFileSync(bundle, 'utf8')

/** Of `dist/`. */
export const todaysBuild = (): string => buildIdOf(codeOf(path.join(TOP, BUNDLE)))

/** @param fixture the workflows, in `test/fixtures/builds` */
export async function otherBuild(fixture: string): Promise<OtherBuild> {
  const { codePath } = await keptBundle(path.join(TOP, 'test', 'fixtures', 'builds', fixture))
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-build-'))
  cpSync(path.join(TOP, 'dist'), path.join(folder, 'dist'), { recursive: true })
  copyFileSync(codePath, path.join(folder, BUNDLE))
  copyFileSync(path.join(TOP, 'package.json'), path.join(folder, 'package.json'))
  symlinkSync(path.join(TOP, 'node_modules'), path.join(folder, 'node_modules'))
  return {
    buildId: buildIdOf(codeOf(codePath)),
    main: path.join(folder, 'dist', 'src', 'cli', 'main.js'),
    bringsToday() {
      const releases = path.join(folder, 'dist', 'workflows', 'releases')
      mkdirSync(releases, { recursive: true })
      const file = path.join(releases, `0.0.0-${todaysBuild()}.js.gz`)
      writeFileSync(file, gzipSync(bareCode(codeOf(path.join(TOP, BUNDLE)))))
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
