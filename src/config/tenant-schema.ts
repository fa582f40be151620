/** The shape of what the config file says of tenants: how much they may use. */
import { z } from 'zod'
import { count, duration } from './fields'

const WINDOW_MAX_MS = 366 * 86_400_000

const budgetSchema = z
  .strictObject({
    window: duration({ atMostMs: WINDOW_MAX_MS }).describe(
      'How long it lasts, e.g. 1h, 1d or 30d; windows are aligned to UTC.',
    ),
    requests: count().optional().describe('Generations that call a provider.'),
    tokens: count().optional().describe('Input and output tokens of all attempts.'),
    dollars: z.number().positive().optional().describe('US dollars of all attempts, where prices are known.'),
  })
  .refine(({ requests, tokens, dollars }) => [requests, tokens, dollars].some((one) => one !== undefined), {
    error: 'limits nothing: write requests, tokens or dollars',
  })

export const tenantSchema = z.strictObject({
  budgets: z
    .array(budgetSchema)
    .max(10)
    .refine((budgets) => new Set(budgets.map(({ window }) => window)).size === budgets.length, {
      error: 'two budgets have the same window: write one with both limits',
    })
    .describe('All hold at once. [] is none.'),
  whenSpent: z
    .enum(['refuse', 'wait'])
    .optional()
    .describe(
      'refuse: an error at once. wait: until there is budget, in the order of arrival. Default refuse.',
    ),
})

export const tenantsSchema = z.record(z.string().min(1).max(255), tenantSchema)
