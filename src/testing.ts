/**
 * `import { replay } from 'holdfast/testing'`: for the tests of those who use Holdfast, in jest, vitest and any other runner.
 * Nothing is downloaded or started at import.
 */
export {
  type RecordedCall,
  type Script,
  ScriptError,
  type ScriptStep,
  type Simulator,
  type SimulatorOptions,
  startSimulator as simulator,
} from './simulator'
export type { Enacted } from './testing/enacted'
export { type FromHistoryOptions, fromHistory } from './testing/from-history'
export { type Harness, type HarnessOptions, harness } from './testing/harness'
export { incident } from './testing/incident'
export type { RouteInput, RouteSource } from './testing/proposed-route'
export type { HistoryInput } from './testing/read-history'
export type { AssumedCall, AssumedCalls } from './testing/recorded-provider'
export { type Reenacted, type ReenactOptions, reenact } from './testing/reenact'
export { ReplayDiffersError, type Replayed, type ReplayOptions, replay } from './testing/replay'
