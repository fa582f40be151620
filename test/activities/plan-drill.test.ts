/** The routes of a drill, as they run there. */
import { createPlanDrill } from '../../activities/plan-drill'
import { parseConfig } from '../../src/config'

const config = parseConfig(`
providers: { a: { api: openai-chat, baseUrl: http://a/v1 }, b: { api: openai-chat, baseUrl: http://b/v1 } }
routes:
  balanced: { order: weighted, sticky: user, candidates: [{ target: a/m, weight: 1 }, { target: b/m, weight: 9 }] }
`)

it('a route that is ordered goes by its list: each fault is met by the candidate that is named first', async () => {
  const access = () => ({ ok: false, reason: 'no key' }) as const
  const plan = await createPlanDrill({ config, access })({ faults: ['overloaded'] })
  if (!plan.ok) throw new Error(plan.message)
  const [planned] = plan.routes
  expect(planned?.route.candidates.map(({ target }) => target)).toEqual(['a/m', 'b/m'])
  expect(planned?.route).not.toHaveProperty('order')
  expect(planned?.route).not.toHaveProperty('sticky')
})
