/**
 * Every release's saved histories and workflow code, in both directions: a run that has to change builds (a circuit, a
 * generation whose own build is gone) goes on after a deploy, and after a rollback.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Worker } from '@temporalio/worker'
import { version } from '../../src/cli/version'
import { RELEASES, workflowBundle } from '../../src/temporal/workflow-bundle'
import { buildIdOf, withSourceMap } from '../../src/worker/builds/build-id'
import { releases, savedHistory, savedNames } from '../helpers/histories'

const files = readdirSync(RELEASES)

/**
 * Of routes with an express lane, a field of the config that no such release knows: such a run under way stays with its build, and
 * has no way back to one before it (docs/express.md).
 */
const WITHOUT_EXPRESS: ReadonlySet<string> = new Set(['0.1.0-alpha.1'])
const isNewer = (name: string, release: string): boolean =>
  name.startsWith('express') && WITHOUT_EXPRESS.has(release)

/** A release's workflow code, under the name of its build. */
function keptCode(release: string): { buildId: string; code: string } {
  const named = files.flatMap((file) => {
    const [, name, buildId = ''] = /^(.+)-([0-9a-f]{12})\.js\.gz$/.exec(file) ?? []
    return name === release ? [{ file, buildId }] : []
  })
  const [only] = named
  if (only === undefined || named.length > 1) throw new Error(`${release} has ${named.length} builds`)
  const code = gunzipSync(readFileSync(path.join(RELEASES, only.file))).toString()
  return { buildId: only.buildId, code }
}

it('every kept build belongs to a release that has histories', () => {
  expect(releases().length).toBeGreaterThan(0)
  expect(files.map((file) => file.replace(/-[0-9a-f]{12}\.js\.gz$/, '')).sort()).toEqual(releases().sort())
})

it('a version that is kept has the workflows that were kept: what changes them is a new version', async () => {
  if (!releases().includes(version())) return
  const { codePath } = await workflowBundle()
  expect(keptCode(version()).buildId).toBe(buildIdOf(readFileSync(codePath, 'utf8')))
})

describe.each(releases())('%s', (release) => {
  it('bears the name of its code', () => {
    const { buildId, code } = keptCode(release)
    expect(buildIdOf(code)).toBe(buildId)
  })

  it.each(savedNames(release))("today's code replays its history %s", async (name) => {
    const bundle = { workflowBundle: await workflowBundle() }
    await Worker.runReplayHistory(bundle, savedHistory(name, release), 'replayed')
  })

  const replayed = (name: string): Promise<void> => {
    const bundle = { workflowBundle: { code: withSourceMap(keptCode(release).code) } }
    return Worker.runReplayHistory(bundle, savedHistory(name), 'replayed')
  }

  it.each(savedNames().filter((name) => !isNewer(name, release)))(
    "its code replays today's history %s",
    replayed,
  )

  it.each(savedNames().filter((name) => isNewer(name, release)))(
    'its code does not replay %s, which its config could not ask for',
    (name) => expect(replayed(name)).rejects.toThrow(/[Nn]ondeterminism/),
  )
})
