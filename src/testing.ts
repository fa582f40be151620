/**
 * `import { replay } from 'holdfast/testing'`: for the tests of those who use Holdfast, in jest, vitest and any other runner.
 * Nothing is downloaded or started at import.
 */
export type { HistoryInput } from './testing/read-history'
export { ReplayDiffersError, type Replayed, type ReplayOptions, replay } from './testing/replay'
