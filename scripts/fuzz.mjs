/** Draws inputs for the properties of test/fuzz: `npm run fuzz -- [--seed N] [--seconds N] [PATTERN]` (docs/fuzzing.md). */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { top } from './lib/install.mjs'

const DEFAULT_SECONDS = '30'

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string' }, seconds: { type: 'string' } },
  allowPositionals: true,
})
for (const [name, value] of Object.entries(values))
  if (!/^\d+$/.test(value)) {
    process.stderr.write(`--${name} is a whole number, not "${value}"\n`)
    process.exit(2)
  }
const seed = values.seed ?? String(Math.trunc(Math.random() * 2 ** 31))
const seconds = values.seconds ?? DEFAULT_SECONDS
process.stdout.write(`Seed ${seed}, ${seconds} s for each property\n`)
const patterns = positionals.length === 0 ? ['test/fuzz/'] : positionals.map((name) => `test/fuzz/.*${name}`)
const { status } = spawnSync('npx', ['jest', '--runInBand', ...patterns], {
  cwd: top,
  stdio: 'inherit',
  env: {
    ...process.env,
    HOLDFAST_FUZZ_SEED: seed,
    HOLDFAST_FUZZ_SECONDS: seconds,
    HOLDFAST_TEST_NO_SERVER: '1',
  },
})
process.exit(status ?? 1)
