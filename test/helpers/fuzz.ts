/**
 * Properties over drawn inputs (docs/fuzzing.md): each runs with a fixed seed, the same on every machine, and with a fresh
 * one, so that every run of the tests looks at inputs that no run before has seen.
 *
 * FUZZ-1 A failure names the seed and the command that draws the same inputs again.
 * FUZZ-2 No property leaves a mark on what all objects share.
 */
import fc from 'fast-check'

const FIXED_SEED = 20_261_128

const { HOLDFAST_FUZZ_SEED: givenSeed, HOLDFAST_FUZZ_SECONDS: seconds } = process.env
const SEEDS: [name: string, seed: number][] =
  givenSeed === undefined
    ? [
        ['the fixed seed', FIXED_SEED],
        ['a fresh seed', Math.trunc(Math.random() * 2 ** 31)],
      ]
    : [['the given seed', Number(givenSeed)]]

const JEST_MARGIN_MS = 60_000

/**
 * A test per seed.
 *
 * @param runs inputs drawn per seed in `npm test`; `npm run fuzz` draws for so many seconds as it was given
 */
export function fuzz<T>(
  title: string,
  arbitrary: fc.Arbitrary<T>,
  runs: number,
  check: (input: T) => void | Promise<void>,
): void {
  const long = seconds === undefined ? null : Number(seconds) * 1_000
  const bounds =
    long === null
      ? { numRuns: runs }
      : { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: long, markInterruptAsFailure: false }
  it.each(SEEDS)(
    `${title}: %s`,
    async (_, seed) => {
      const shared = sharedNames()
      try {
        const property = fc.asyncProperty(arbitrary, async (input) => check(input))
        await fc.assert(property, { seed, ...bounds })
      } catch (error) {
        // FUZZ-1
        const again = `npm run fuzz -- --seed ${seed} ${JSON.stringify(expect.getState().testPath?.split('/').at(-1))}`
        const { message, cause } = error as Error
        throw new Error(
          [message, ...(cause instanceof Error ? [cause.stack] : []), `Again: ${again}`].join('\n'),
        )
      }
      // FUZZ-2
      expect(sharedNames()).toEqual(shared)
    },
    (long ?? 0) + JEST_MARGIN_MS,
  )
}

/** Shown by its name where a property fails. */
export const named = <T extends object>(name: string, sample: T): T =>
  Object.defineProperty(sample, fc.toStringMethod, { value: () => name })

const sharedNames = (): string[][] =>
  [Object.prototype, Array.prototype, Function.prototype].map((one) => Reflect.ownKeys(one).map(String))
