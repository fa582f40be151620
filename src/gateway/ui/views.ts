/** Who looks at what: the views that are watched at present. */
import { createOverviewReader, type Overview, type View } from '../../client/overview'
import { HoldfastError } from '../../contract/errors'
import type { GatewayDeps } from '../deps'
import type { RequestContext } from '../request-context'
import { createWatch, type Parts, type Watch } from './watch'

/** Whoever operates sees everybody's generations, a tenant its own, and who comes without a key those of no tenant. */
export const viewOf = ({ operates, tenant }: RequestContext): View =>
  operates ? { type: 'all' } : { type: 'tenant', tenant }

const keyOf = (view: View): string => (view.type === 'all' ? 'all' : `tenant ${JSON.stringify(view.tenant)}`)

/** One watch for each view that somebody looks at. */
export function createViews(deps: GatewayDeps, pauseMs: number): (view: View) => Watch {
  const watches = new Map<string, Watch>()
  return (view) => {
    const key = keyOf(view)
    const known = watches.get(key)
    if (known !== undefined) return known
    const watch = createWatch({ read: partsOf(deps, view), pauseMs, onIdle: () => watches.delete(key) })
    watches.set(key, watch)
    return watch
  }
}

function partsOf({ cluster, config, onFault }: GatewayDeps, view: View): () => Promise<Parts> {
  const { taskQueue } = cluster
  const reader = createOverviewReader({ config, taskQueue, view })
  return async () => {
    const at = Date.now()
    try {
      const { client } = await cluster.open()
      return partsOfOverview(await reader.read(client, at))
    } catch (error) {
      if (!(error instanceof HoldfastError)) onFault(error)
      const problem = error instanceof HoldfastError ? error.message : 'The gateway failed; its log says more'
      return { status: { at, problem } }
    }
  }
}

const partsOfOverview = ({ at, problem, targets, sampled, ...parts }: Overview): Parts => ({
  status: { at, problem },
  ...parts,
  health: { targets, sampled },
})
