/** The doctor on what a test has set up: its findings by check. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type DoctorOptions, examine, type Finding, selectChecks } from '../../src/doctor'

export interface DoctorStand {
  folder: string
  /** Everything that `only` names, checks or areas, and what they need. Of the environment nothing comes from outside. */
  findings(
    only: readonly string[],
    env?: { [name: string]: string },
    more?: Partial<DoctorOptions>,
  ): Promise<Finding[]>
  close(): void
}

/** With a config and a folder of its own. */
export function doctorStand(config: string): DoctorStand {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-doctor-'))
  const file = path.join(folder, 'holdfast.yaml')
  writeFileSync(file, config)
  return {
    folder,
    async findings(only, env = {}, more = {}) {
      const selected = selectChecks(only)
      if (!selected.ok) throw new Error(`no such check: ${selected.unknown}`)
      const options = { file, env, dataFolder: path.join(folder, '.holdfast'), ...more }
      return (await examine(options, selected.checks)).findings
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export const of = (findings: readonly Finding[], check: string): Finding[] =>
  findings.filter((finding) => finding.check === check)

/** Those that are not well, as `status check`. */
export const unwell = (findings: readonly Finding[]): string[] =>
  findings
    .filter(({ status }) => status === 'warn' || status === 'error')
    .map(({ status, check }) => `${status} ${check}`)

export const KEYLESS = `
providers:
  alpha: { api: openai-chat, baseUrl: http://127.0.0.1:9/v1, auth: none }
  beta: { api: openai-chat, baseUrl: http://127.0.0.1:9/v1, auth: none }
routes: { default: { candidates: [alpha/model-a, beta/model-b] } }
`
