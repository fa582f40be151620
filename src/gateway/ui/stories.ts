/**
 * `GET /ui/generations/:id`: what happened to one generation, as `holdfast explain` says it, without anybody's words.
 *
 * UI-STORIES-1 Another tenant's generation is none (404).
 * UI-STORIES-2 Histories are large: few are read at a time, and of a story the first rows and the latest are sent.
 */
import type { FastifyInstance } from 'fastify'
import { readRecordedRuns, runOf } from '../../client/recorded-runs'
import { requireTenant, toHoldfastError } from '../../client/result'
import { type Story, storyOf } from '../../history/run-story'
import { withoutMessages } from '../../history/without-messages'
import { createSemaphore } from '../../util/semaphore'
import { known } from '../by-id'
import type { GatewayDeps } from '../deps'
import { STORIES } from './paths'
import { viewOf } from './views'

const READS_AT_ONCE = 4
const READ_WITHIN_MS = 10_000
const FIRST_ROWS = 50
const LAST_ROWS = 150

export function registerStories(app: FastifyInstance, { cluster }: GatewayDeps): void {
  const limit = createSemaphore(READS_AT_ONCE)
  app.get<{ Params: { id: string } }>(`${STORIES}:id`, async ({ params: { id }, requestContext }) => {
    const { client } = await cluster.open()
    const view = viewOf(requestContext)
    const read = async () => {
      if (view.type === 'tenant') await ownOnly(() => requireTenant(client, id, view.tenant), id)
      return readRecordedRuns(client, id)
    }
    const recorded = await known(limit(() => client.withDeadline(Date.now() + READ_WITHIN_MS, read)))
    const run = runOf(recorded)
    const story = storyOf(withoutMessages(run), Date.now())
    return { ...bounded(story), running: run.endedAt === null, webUrl: cluster.webUrl(id, recorded.runId) }
  })
}

/** Throws HoldfastError. */
async function ownOnly(check: () => Promise<unknown>, id: string): Promise<void> {
  try {
    await check()
  } catch (error) {
    throw toHoldfastError(error, id)
  }
}

/** UI-STORIES-2 */
function bounded(story: Story): Story & { leftOut: number } {
  const { rows } = story
  const leftOut = Math.max(0, rows.length - FIRST_ROWS - LAST_ROWS)
  return leftOut === 0
    ? { ...story, leftOut }
    : { ...story, rows: [...rows.slice(0, FIRST_ROWS), ...rows.slice(-LAST_ROWS)], leftOut }
}
