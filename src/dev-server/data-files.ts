/**
 * Who may read the embedded server's data: prompts and answers stand in it.
 *
 * DATA-FILES-1 Its files are for their owner alone, whatever the umask and whoever wrote them before; the
 *    server's own new ones are by the umask of `server-watchdog.cjs`.
 * DATA-FILES-2 So is their directory: one that is made, and one that holds a database already. Never one that
 *    is others' as well (the sticky bit of /tmp), the home or the current one.
 */
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
const STICKY = 0o1000

/** SQLite's files beside its database. */
const DATABASE_ENDS = ['', '-wal', '-shm', '-journal']

/** Makes the directories, and closes what is there to others. */
export function closeToOthers({ dataFile, logFile }: { dataFile?: string; logFile?: string }): void {
  if (dataFile !== undefined) {
    const folder = path.dirname(dataFile)
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
    if (existsSync(dataFile) && isOurs(folder)) tryChmod(folder, FOLDER_MODE)
    for (const end of DATABASE_ENDS) tryChmod(`${dataFile}${end}`, FILE_MODE)
  }
  if (logFile !== undefined) tryChmod(logFile, FILE_MODE)
}

const isOurs = (folder: string): boolean =>
  (statSync(folder).mode & STICKY) === 0 &&
  ![homedir(), process.cwd(), path.parse(folder).root].includes(folder)

function tryChmod(file: string, mode: number): void {
  try {
    chmodSync(file, mode)
  } catch {
    // It is not there yet, or another's: then it is for them to say who may read it.
  }
}
