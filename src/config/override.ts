/**
 * What one request may change of its route. An override only tightens: shorter timeouts, fewer attempts, fewer
 * candidates, less cache. The deadline alone may grow, up to the route's `maxDeadline`.
 */
import { z } from 'zod'
import type { Candidate, Route, Timeouts } from '../domain/routing/route'
import { formatDuration } from './duration'
import { duration } from './fields'
import { issueMessage, toProblems } from './messages'
import { formatPath, suggest } from './problems'

export const overrideSchema = z.strictObject({
  /** The whole generation, at most the route's `maxDeadline`. */
  deadline: duration().optional(),
  /** For every candidate that is left; one that has less keeps it. */
  timeouts: z
    .strictObject({
      connect: duration().optional(),
      attempt: duration().optional(),
      firstToken: duration().optional(),
      idle: duration().optional(),
    })
    .optional(),
  retry: z
    .strictObject({
      maximumAttempts: z.int().min(1).optional(),
      maxWait: duration({ allowZero: true }).optional(),
    })
    .optional(),
  /** Targets among the route's, in the order wanted. */
  candidates: z.array(z.string()).min(1, { error: 'name at least one candidate' }).optional(),
  /** false: not from the cache and not into it. */
  cache: z
    .union(
      [
        z.literal(false),
        z.strictObject({
          ttl: duration().optional(),
          staleIfError: duration({ allowZero: true }).optional(),
          staleWhileRevalidate: duration({ allowZero: true }).optional(),
          coalesce: z.boolean().optional(),
        }),
      ],
      { error: 'write false, or a block such as { ttl: 10m }' },
    )
    .optional(),
})

export type { Override } from './override-types'

type Parsed = z.output<typeof overrideSchema>

export type OverrideResult = { ok: true; route: Route } | { ok: false; message: string }

/** The route under the override, or all that goes beyond it in one message. The route itself is not changed. */
export function applyOverride(route: Route, override: unknown): OverrideResult {
  const parsed = overrideSchema.safeParse(override, { error: issueMessage })
  if (!parsed.success) {
    const problems = toProblems(parsed.error.issues)
    return refused(problems.map(({ path, message }) => `${formatPath(['override', ...path])}: ${message}`))
  }
  const chosen = chooseCandidates(route, parsed.data.candidates)
  const problems = [...chosen.problems, ...checkLimits(route, chosen.candidates, parsed.data)]
  if (problems.length > 0) return refused(problems.map((problem) => `override.${problem}`))
  return { ok: true, route: tighten(route, chosen.candidates, parsed.data) }
}

const refused = (problems: readonly string[]): OverrideResult => ({ ok: false, message: problems.join('; ') })

function chooseCandidates(
  route: Route,
  wanted: string[] | undefined,
): { candidates: Candidate[]; problems: string[] } {
  if (wanted === undefined) return { candidates: route.candidates, problems: [] }
  const targets = route.candidates.map((candidate) => candidate.target)
  const problems = wanted.flatMap((target, index) => {
    if (wanted.indexOf(target) < index) return [`candidates[${index}]: "${target}" stands in the list twice`]
    if (targets.includes(target)) return []
    return [
      `candidates[${index}]: "${target}" is not a candidate of route "${route.name}"${suggest(target, targets)}`,
    ]
  })
  const allowed = wanted.flatMap((target) =>
    route.candidates.filter((candidate) => candidate.target === target),
  )
  return { candidates: problems.length === 0 ? allowed : route.candidates, problems }
}

const TIMEOUTS = {
  connect: 'connectMs',
  attempt: 'attemptMs',
  firstToken: 'firstTokenMs',
  idle: 'idleMs',
} as const
const CACHE = {
  ttl: 'ttlMs',
  staleIfError: 'staleIfErrorMs',
  staleWhileRevalidate: 'staleWhileRevalidateMs',
} as const
type TimeoutName = keyof typeof TIMEOUTS
type CacheName = keyof typeof CACHE
const names = <K extends string>(table: { [key in K]: unknown }): K[] => Object.keys(table) as K[]

/** What goes beyond the route: more than any candidate left has. */
function checkLimits(route: Route, candidates: readonly Candidate[], override: Parsed): string[] {
  const over = (
    field: string,
    requested: number | undefined,
    limit: number,
    show = formatDuration,
  ): string[] =>
    requested === undefined || requested <= limit
      ? []
      : [`${field}: ${show(requested)} is over the route's ${show(limit)}`]
  const most = (read: (candidate: Candidate) => number): number => Math.max(...candidates.map(read))
  const { deadline, timeouts, retry, cache } = override
  return [
    ...over('deadline', deadline, route.maxDeadlineMs ?? route.deadlineMs),
    ...names(TIMEOUTS).flatMap((name) =>
      over(
        `timeouts.${name}`,
        timeouts?.[name],
        most((one) => one.timeouts[TIMEOUTS[name]]),
      ),
    ),
    ...over(
      'retry.maximumAttempts',
      retry?.maximumAttempts,
      most((one) => one.retry.maximumAttempts),
      String,
    ),
    ...over(
      'retry.maxWait',
      retry?.maxWait,
      most((one) => one.retry.maxWaitMs),
    ),
    ...checkCache(route, cache, over),
  ]
}

function checkCache(
  route: Route,
  cache: Parsed['cache'],
  over: (field: string, requested: number | undefined, limit: number) => string[],
): string[] {
  if (cache === undefined || cache === false) return []
  const own = route.cache
  if (own === null) return [`cache: route "${route.name}" has no cache`]
  return [
    ...names(CACHE).flatMap((name) => over(`cache.${name}`, cache[name], own[CACHE[name]])),
    ...(cache.coalesce === true && !own.coalesce ? ['cache.coalesce: the route does not coalesce'] : []),
  ]
}

function tighten(route: Route, candidates: readonly Candidate[], override: Parsed): Route {
  const { deadline, timeouts, retry, cache } = override
  const least = (requested: number | undefined, own: number): number => Math.min(requested ?? own, own)
  return {
    ...(override.candidates === undefined ? route : asListed(route)),
    deadlineMs: deadline ?? route.deadlineMs,
    cache: tightenCache(route.cache, cache),
    candidates: candidates.map((candidate) => ({
      ...candidate,
      ...tightened(candidate, timeouts),
      retry: {
        ...candidate.retry,
        maximumAttempts: least(retry?.maximumAttempts, candidate.retry.maximumAttempts),
        maxWaitMs: least(retry?.maxWait, candidate.retry.maxWaitMs),
      },
    })),
  }
}

/** Who names candidates has ordered them. */
const asListed = ({ order: _order, sticky: _sticky, ...route }: Route): Route => route

/** What it was stands beside it: a timeout of the caller's own says nothing of the provider (callers-part.ts, CALLERS-PART-2). */
function tightened(
  { timeouts: own, byCaller }: Candidate,
  requested: Parsed['timeouts'],
): Pick<Candidate, 'timeouts' | 'byCaller'> {
  const timeouts = tightenTimeouts(own, requested)
  const shorter = names(TIMEOUTS).some((name) => timeouts[TIMEOUTS[name]] < own[TIMEOUTS[name]])
  if (!shorter) return { timeouts, ...(byCaller === undefined ? {} : { byCaller }) }
  return { timeouts, byCaller: { ...byCaller, timeouts: own } }
}

/** A shorter attempt shortens what is within it. */
function tightenTimeouts(
  own: Timeouts,
  requested: { [name in TimeoutName]?: number | undefined } | undefined,
): Timeouts {
  const attemptMs = Math.min(requested?.attempt ?? own.attemptMs, own.attemptMs)
  const least = (name: TimeoutName): number =>
    Math.min(requested?.[name] ?? own[TIMEOUTS[name]], own[TIMEOUTS[name]], attemptMs)
  return {
    connectMs: least('connect'),
    attemptMs,
    firstTokenMs: least('firstToken'),
    idleMs: least('idle'),
    workerLostMs: own.workerLostMs,
  }
}

function tightenCache(own: Route['cache'], requested: Parsed['cache']): Route['cache'] {
  if (requested === false || own === null) return null
  const least = (name: CacheName): number => requested?.[name] ?? own[CACHE[name]]
  return {
    ttlMs: least('ttl'),
    staleIfErrorMs: least('staleIfError'),
    staleWhileRevalidateMs: least('staleWhileRevalidate'),
    coalesce: requested?.coalesce ?? own.coalesce,
  }
}
