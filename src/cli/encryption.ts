/** `holdfast encryption new-key`: a fresh key in the form of HOLDFAST_ENCRYPTION_KEYS. */
import { Argument, type Command } from 'commander'
import { ENCRYPTION_KEYS_ENV, newEncryptionKey, readEncryptionKeys } from '../encryption'

/** Keys are found again by when they were made. */
const idOf = (now: Date): string => now.toISOString().slice(0, 10)

export function registerEncryption(program: Command): void {
  program
    .command('encryption')
    .description(`print a fresh key for ${ENCRYPTION_KEYS_ENV}; it stands nowhere else`)
    .addArgument(new Argument('<action>', 'what to do').choices(['new-key']))
    .option('--id <id>', 'what the key is called (default: the day)')
    .action((_action: string, { id }: { id?: string }) => {
      const key = newEncryptionKey(id ?? idOf(new Date()))
      // Refuses an id that is none.
      readEncryptionKeys({ [ENCRYPTION_KEYS_ENV]: key })
      process.stdout.write(`${key}\n`)
    })
}
