/**
 * A call goes on where another one was cut: readers have a beginning of the answer already, and must not get a word
 * of it twice. What the model itself is given to go on from is decided in `activities/call-rules.ts`, and sent by
 * `activities/provider-request.ts`.
 *
 * RESUME-1 Nothing is said while the new text repeats, character by character, what readers have.
 * RESUME-2 What goes beyond it is said.
 * RESUME-3 Where it differs, what readers have is void: `restart`, then the new text from its beginning.
 */
export interface StreamResume {
  /** What readers have. */
  readonly sent: string
  /** So much of it has been repeated; all of it: in step. */
  readonly repeated: number
  readonly restarted: boolean
}

export type Said = { type: 'restart' } | { type: 'text'; text: string }

/** `continued`: the model was given what readers have, and goes on from its end. */
export const beginResume = (sent: string, continued: boolean): StreamResume => ({
  sent,
  repeated: continued ? sent.length : 0,
  restarted: false,
})

/** A piece of the new text. */
export function resumeText(state: StreamResume, text: string): { state: StreamResume; said: Said[] } {
  const { sent, repeated } = state
  if (text === '') return { state, said: [] }
  if (repeated === sent.length) return { state, said: [{ type: 'text', text }] }
  const left = sent.length - repeated
  if (!sent.startsWith(text.slice(0, left), repeated)) return startOver(state, text)
  const next = { ...state, repeated: Math.min(sent.length, repeated + text.length) }
  return { state: next, said: text.length > left ? [{ type: 'text', text: text.slice(left) }] : [] }
}

/** The new text is complete: shorter than what readers have, it is another one. */
export const endResume = (state: StreamResume): { state: StreamResume; said: Said[] } =>
  state.repeated === state.sent.length ? { state, said: [] } : startOver(state, '')

/** RESUME-3 */
function startOver({ sent, repeated }: StreamResume, text: string): { state: StreamResume; said: Said[] } {
  const whole = sent.slice(0, repeated) + text
  const said: Said[] = [
    { type: 'restart' },
    ...(whole === '' ? [] : [{ type: 'text', text: whole } as const]),
  ]
  return { state: { sent: '', repeated: 0, restarted: true }, said }
}

/** How a cut answer became a whole one; null: it was not cut. */
export type Rescue = 'prefill' | 'prefix' | 'restart'

export function rescueOf(sent: string, continued: boolean, { restarted }: StreamResume): Rescue | null {
  if (sent === '') return null
  if (restarted) return 'restart'
  return continued ? 'prefill' : 'prefix'
}
