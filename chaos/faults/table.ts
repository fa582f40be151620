/**
 * All faults, one at a time: each process killed, frozen and cut off; disks that are full; clocks that step; a deploy whose
 * workflows differ.
 */
import type { Cluster } from '../cluster/cluster'
import type { HoldfastProcess } from '../cluster/holdfast'
import type { Link } from '../cluster/link'
import type { Part } from '../cluster/part'
import { ROLES, type TemporalRole } from '../cluster/temporal'
import { clockFaults } from './clocks'
import { deploy } from './deploy'
import { diskFaults } from './disks'
import type { Fault } from './types'

const HOLD_MS = 12_000

interface Subject {
  name: string
  what: string
  losesCommits: boolean
  part(cluster: Cluster, random: () => number): Part
  links(cluster: Cluster, part: Part): Link[]
}

const oneOf =
  (which: 'workers' | 'gateways') =>
  (cluster: Cluster, random: () => number): HoldfastProcess => {
    const all = cluster[which]
    const one = all[Math.floor(random() * all.length)]
    if (one === undefined) throw new Error(`the cluster has no ${which}`)
    return one
  }

const ownLinks = ({ workers, gateways }: Cluster, part: Part): Link[] => {
  const own = [...workers, ...gateways].find(({ name }) => name === part.name)
  return own === undefined ? [] : [own.temporal, own.redis]
}

const roleSubject = (role: TemporalRole): Subject => ({
  name: `temporal-${role}`,
  what: `Temporal's ${role} service`,
  losesCommits: false,
  part: ({ temporal }) => temporal.roles[role],
  // A frontend is cut off from its clients, the others from their database.
  links: ({ temporal, workers, gateways }) =>
    role === 'frontend'
      ? [...workers, ...gateways].map((one) => one.temporal)
      : [temporal.roles[role].database],
})

const SUBJECTS: readonly Subject[] = [
  {
    name: 'worker',
    what: 'one of three workers',
    losesCommits: true,
    part: oneOf('workers'),
    links: ownLinks,
  },
  {
    name: 'gateway',
    what: 'one of two gateways',
    losesCommits: false,
    part: oneOf('gateways'),
    links: ownLinks,
  },
  ...ROLES.map(roleSubject),
  {
    name: 'postgresql',
    what: 'PostgreSQL',
    losesCommits: false,
    part: ({ postgresql }) => postgresql,
    links: ({ temporal }) => ROLES.map((role) => temporal.roles[role].database),
  },
  {
    name: 'redis',
    what: 'Redis',
    losesCommits: true,
    part: ({ redis }) => redis,
    links: ({ workers, gateways }) => [...workers, ...gateways].map((one) => one.redis),
  },
]

const KINDS: readonly {
  name: string
  did: string
  begin(part: Part, links: readonly Link[]): Promise<() => Promise<void>>
}[] = [
  {
    name: 'killed',
    did: 'is killed, and started again',
    async begin(part) {
      await part.kill()
      return () => part.start()
    },
  },
  {
    name: 'frozen',
    did: 'is frozen, and goes on',
    async begin(part) {
      part.freeze()
      return async () => part.thaw()
    },
  },
  {
    name: 'cut',
    did: 'is cut off, and reached again',
    async begin(_, links) {
      for (const link of links) link.cut()
      return async () => {
        for (const link of links) link.mend()
      }
    },
  },
]

export const FAULTS: readonly Fault[] = [
  {
    name: 'none',
    what: 'nothing but the providers fails',
    holdMs: HOLD_MS,
    losesCommits: false,
    begin: async () => async () => undefined,
  },
  ...SUBJECTS.flatMap(({ name, what, losesCommits, part, links }) =>
    KINDS.map(
      (kind): Fault => ({
        name: `${name}-${kind.name}`,
        what: `${what} ${kind.did}`,
        holdMs: HOLD_MS,
        losesCommits,
        begin: (cluster, random) => {
          const subject = part(cluster, random)
          return kind.begin(subject, links(cluster, subject))
        },
      }),
    ),
  ),
  ...diskFaults,
  ...clockFaults,
  deploy,
]
