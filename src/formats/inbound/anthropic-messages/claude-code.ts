/** What Claude Code says in a body beside the conversation, so that no model reads it as words. */
import type { JsonObject } from '../../../domain/request/json'
import type { Hints } from '../../../domain/request/request'
import { BILLING_HINT } from '../../outbound/hints'

type Block = { text: string }

const isBilling = ({ text }: Block): boolean => text.startsWith(`${BILLING_HINT}:`)

/** Its first block says who pays, and changes from call to call: at other models it is noise that no prompt cache keeps. */
export const withoutBilling = <B extends Block>(system: readonly B[]): readonly B[] =>
  system[0] !== undefined && isBilling(system[0]) ? system.slice(1) : system

/** `turns`: as they were sent. An effort may stand on a turn of the system's; the one at the top is what counts here. */
export function hintsBeside(
  system: readonly Block[],
  turns: readonly object[],
  hints: Hints | undefined,
): Hints | undefined {
  const [first] = system
  const fields: JsonObject = {
    ...(first !== undefined && isBilling(first) ? { [BILLING_HINT]: first.text } : {}),
    ...(turns.some((turn) => 'output_config' in turn) ? { 'messages.output_config': true } : {}),
  }
  if (Object.keys(fields).length === 0) return hints
  return { api: 'anthropic-messages', ...hints, fields: { ...hints?.fields, ...fields } }
}
