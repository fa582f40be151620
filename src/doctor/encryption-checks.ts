/** Encryption: the keys of this environment, and whether they open what is there. */
import { GENERATION_WORKFLOW } from '../contract/generation'
import {
  ENCRYPTION_KEYS_ENV,
  EncryptionKeysError,
  encryptionSummary,
  encryptionText,
  readEncryptionKeys,
} from '../encryption'
import { PayloadUnreadableError } from '../temporal/codec/payload-codec'
import { CALL_LIMIT_MS, type Context } from './context'
import { type Check, type CheckFinding, error, ok, warn } from './types'

function keys({ env }: Context): CheckFinding {
  try {
    const summary = encryptionSummary(readEncryptionKeys(env))
    const found = encryptionText(summary)
    return summary.writes === null && summary.reads.length > 0
      ? warn(found, `when all processes have the keys, take \`plain\` out of ${ENCRYPTION_KEYS_ENV}`)
      : ok(found)
  } catch (thrown) {
    if (!(thrown instanceof EncryptionKeysError)) throw thrown
    return error(thrown.message, `correct ${ENCRYPTION_KEYS_ENV} in every process`)
  }
}

/** The memo of the latest generation: whoever wrote it has, or had, keys of its own. */
async function readable(context: Context): Promise<CheckFinding> {
  const { client } = await context.temporal()
  const query = `WorkflowType = '${GENERATION_WORKFLOW}'`
  try {
    const latest = await client.withDeadline(Date.now() + CALL_LIMIT_MS, async () => {
      for await (const one of client.workflow.list({ query, pageSize: 1 })) return one
      return null
    })
    return ok(latest === null ? 'there is no generation yet' : 'the latest generation can be read from here')
  } catch (thrown) {
    if (!(thrown instanceof PayloadUnreadableError)) throw thrown
    return error(
      `the latest generation can't be read from here: ${thrown.message}`,
      `give this environment the keys of the workers (${ENCRYPTION_KEYS_ENV})`,
    )
  }
}

export const ENCRYPTION_CHECKS: readonly Check[] = [
  { id: 'encryption.keys', run: async (context) => keys(context) },
  { id: 'encryption.readable', needs: ['encryption.keys', 'temporal.namespace'], run: readable },
]
