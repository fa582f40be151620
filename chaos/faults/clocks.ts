/**
 * Clocks that step while the process runs, by libfaketime: what it says is read from a file at each look at the clock.
 * (Temporal's server asks the kernel itself, and can't be shown another clock.)
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Cluster } from '../cluster/cluster'
import type { Part } from '../cluster/part'
import { FAKETIME_INSTALL } from '../cluster/tools'
import type { Fault } from './types'

const HOLD_MS = 12_000

const fileOf = ({ folder }: Cluster): string => path.join(folder, 'clock')
const setClock = (cluster: Cluster, step: string): void =>
  writeFileSync(fileOf(cluster), step, { mode: 0o644 })

const byFile = (cluster: Cluster): NodeJS.ProcessEnv => ({
  LD_PRELOAD: cluster.tools.faketime ?? '',
  FAKETIME_TIMESTAMP_FILE: fileOf(cluster),
  FAKETIME_CACHE_DURATION: '1',
  // Timers go on by the time that passes.
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
})

const STARTS_WITHIN_MS = 5_000

/** jemalloc, which Debian's Redis allocates by, looks at the clock before libfaketime is ready: then it does not start. */
function redisLacks(cluster: Cluster): string | null {
  setClock(cluster, '+0')
  const env = { ...process.env, ...byFile(cluster) }
  const options = { env, timeout: STARTS_WITHIN_MS, killSignal: 'SIGKILL' } as const
  const { status } = spawnSync(cluster.tools.redisServer, ['--version'], options)
  return status === 0 ? null : 'a Redis that starts under libfaketime: one with the allocator of libc'
}

/** With its clock by the file. */
async function restartByFile(cluster: Cluster, part: Part, stepped: boolean): Promise<void> {
  setClock(cluster, '+0')
  await part.stop(undefined, part.name === 'postgresql' ? 'SIGINT' : 'SIGTERM')
  await part.start(stepped ? { env: { ...part.env, ...byFile(cluster) } } : {})
}

interface Stepped {
  subject: string
  what: string
  losesCommits: boolean
  parts(cluster: Cluster): Part[]
  /** Beside libfaketime. */
  lacks?(cluster: Cluster): string | null
}

const SUBJECTS: readonly Stepped[] = [
  {
    subject: 'worker',
    what: 'one of three workers',
    losesCommits: false,
    parts: ({ workers }) => workers.slice(0, 1),
  },
  {
    subject: 'gateway',
    what: 'one of two gateways',
    losesCommits: false,
    parts: ({ gateways }) => gateways.slice(0, 1),
  },
  { subject: 'redis', what: 'Redis', losesCommits: true, parts: ({ redis }) => [redis], lacks: redisLacks },
  { subject: 'postgresql', what: 'PostgreSQL', losesCommits: false, parts: ({ postgresql }) => [postgresql] },
]

const STEPS = [
  { name: 'ahead', step: '+90s' },
  { name: 'behind', step: '-90s' },
] as const

export const clockFaults: readonly Fault[] = SUBJECTS.flatMap(
  ({ subject, what, losesCommits, parts, lacks }) =>
    STEPS.map(
      ({ name, step }): Fault => ({
        name: `${subject}-clock-${name}`,
        what: `the clock of ${what} steps 90 s ${name}, and back`,
        holdMs: HOLD_MS,
        losesCommits,
        lacks: (cluster) =>
          cluster.tools.faketime === null ? `libfaketime: ${FAKETIME_INSTALL}` : (lacks?.(cluster) ?? null),
        async prepare(cluster) {
          for (const part of parts(cluster)) await restartByFile(cluster, part, true)
        },
        async restore(cluster) {
          for (const part of parts(cluster)) await restartByFile(cluster, part, false)
        },
        async begin(cluster) {
          setClock(cluster, step)
          return async () => setClock(cluster, '+0')
        },
      }),
    ),
)
