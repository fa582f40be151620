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
export { type Harness, type HarnessOptions, harness } from './testing/harness'
export type { HistoryInput } from './testing/read-history'
export { ReplayDiffersError, type Replayed, type ReplayOptions, replay } from './testing/replay'
