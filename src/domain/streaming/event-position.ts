/**
 * Where an event stands for those who resume behind it: a position of the delivery log, and a step behind it. The log's
 * own events are step 0; what stands between two of them has a fixed step each, whether the log or the result gives it
 * (CLIENT-EVENTS-2 of events.ts). To callers both are one number, by which positions grow: so many steps have room
 * before the next position.
 */
const STEPS = 4_096

/** `step` 0: the log's own event. */
export const positionOf = (logPosition: number, step: number): number => logPosition + step / STEPS

/** As a whole number, which grows with it. */
export const stepsOf = (position: number): number => Math.round(position * STEPS)

/** `stepsOf` the other way round. */
export const positionOfSteps = (steps: number): number => steps / STEPS

/** The last step before this position of the log. */
export const rightBefore = (logPosition: number): number => positionOf(logPosition - 1, STEPS - 1)

/** The position of the log at or before it. */
export const logPositionOf = (position: number): number => Math.floor(position)

export const isLogsOwn = (position: number): boolean => Number.isInteger(position)

/**
 * What a whole answer adds to what the log has delivered: a restart, or that the blocks so far are void; its pieces
 * (`piecesOf`), of which one text at least is counted, first; its end.
 */
export const STEP_OF = {
  restart: 1,
  text: 2,
  piece: (index: number, pieces: readonly { type: string }[]): number =>
    (pieces.some(({ type }) => type === 'text') ? 2 : 3) + index,
  done: (pieces: readonly { type: string }[]): number => STEP_OF.piece(pieces.length, pieces),
} as const
