/**
 * The rooms (CONTRIBUTING.md): which folders there are, and where a source's test stands.
 * ROOMS-1: each folder at the top and directly in `src` and `test` is named by the table, and each named one exists.
 * ROOMS-2: a folder of tests bears the name of the room that it tests.
 * ROOMS-3: a test file's name begins with the name of a source file or folder of its room.
 */
import { posix } from 'node:path'

/** Folders of tests that no room of sources stands behind: their tests run the whole stack, or are about the package. */
const ACROSS_ROOMS = ['test/e2e', 'test/long', 'test/replay', 'test/docs', 'test/fuzz']
/** Folders of what tests use. */
const NOT_TESTS = ['test/fixtures', 'test/helpers', 'test/setup']

/** Tests that are of no one file, each with the reason. */
const OF_NO_ONE_FILE: { [file: string]: string } = {
  'test/architecture.test.ts': 'it is about the whole tree',
  'test/formats/inbound/conformance.test.ts': 'one suite over both dialects',
  'test/formats/inbound/shapes.test.ts': 'the same answers in both dialects, as bytes',
}

/** Paths in the first column of the table under `## Rooms`. `test/<room>/` stands for a mirror of each room. */
export const roomsOf = (guide: string): string[] => {
  const [, section = ''] = guide.split('\n## Rooms\n')
  const [table = ''] = section.split('\n## ')
  const cells = table.split('\n').map((line) => /^\|([^|]*)\|/.exec(line)?.[1] ?? '')
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path))
}

/** Every breach of ROOMS-1 to ROOMS-3 by these files (paths from the project's root), as `rule: path`. */
export const roomBreaches = (guide: string, files: readonly string[]): string[] => {
  const rooms = roomsOf(guide).filter((room) => room !== 'test/<room>/')
  const folders = new Set(files.flatMap(foldersOf))
  const sources = files.filter((file) => !file.startsWith('test/'))
  const sourceFolders = new Set(sources.flatMap(foldersOf))
  const isNamed = (folder: string): boolean =>
    rooms.some((room) => room === `${folder}/` || room.startsWith(`${folder}/`))
  const isTestFolder = (folder: string): boolean =>
    folder.startsWith('test/') && !isWithin(folder, [...ACROSS_ROOMS, ...NOT_TESTS])
  return [
    ...[...folders]
      .filter((folder) => /^(src\/)?[^/]+$/.test(folder) && !isNamed(folder))
      .map((folder) => `ROOMS-1 a folder that the table does not name: ${folder}`),
    ...[...folders]
      .filter((folder) => /^test\/[^/]+$/.test(folder) && !isTestFolder(folder) && !isNamed(folder))
      .map((folder) => `ROOMS-1 a folder that the table does not name: ${folder}`),
    ...rooms
      .filter((room) => (room.endsWith('/') ? !folders.has(room.slice(0, -1)) : !files.includes(room)))
      .map((room) => `ROOMS-1 a room that does not exist: ${room}`),
    ...files
      .filter((file) => file.endsWith('.test.ts') && isTestFolder(posix.dirname(file)))
      .map(posix.dirname)
      .filter((folder, at, all) => all.indexOf(folder) === at && !roomBehind(folder, sourceFolders))
      .map((folder) => `ROOMS-2 a folder of tests that no room has the name of: ${folder}`),
    ...files
      .filter(
        (file) => file.endsWith('.test.ts') && !isWithin(file, ACROSS_ROOMS) && !(file in OF_NO_ONE_FILE),
      )
      .filter((file) => !namesOf(roomBehind(posix.dirname(file), sourceFolders), sources).some(begins(file)))
      .map((file) => `ROOMS-3 a test named after no source of its room: ${file}`),
    ...Object.keys(OF_NO_ONE_FILE)
      .filter((file) => !files.includes(file))
      .map((file) => `ROOMS-3 an exception that does not exist: ${file}`),
  ]
}

const isWithin = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`))

const foldersOf = (file: string): string[] => {
  const folder = posix.dirname(file)
  return folder === '.' ? [] : [folder, ...foldersOf(folder)]
}

const roomBehind = (folder: string, sourceFolders: ReadonlySet<string>): string | undefined => {
  const room = folder.slice('test/'.length)
  return [`src/${room}`, room].find((source) => sourceFolders.has(source))
}

/** Names of the files and folders directly in a room, without their endings. */
const namesOf = (room: string | undefined, sources: readonly string[]): string[] =>
  room === undefined
    ? []
    : sources
        .filter((file) => file.startsWith(`${room}/`))
        .map((file) => file.slice(room.length + 1).split('/')[0] ?? '')
        .map((name) => name.replace(/\.(d\.)?[cm]?[jt]s$/, ''))

const begins =
  (file: string) =>
  (name: string): boolean => {
    const test = posix.basename(file, '.test.ts')
    return test === name || test.startsWith(`${name}-`)
  }
